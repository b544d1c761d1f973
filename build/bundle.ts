import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'vite'

const root = join(import.meta.dirname, '..')

/** keytar is native code, and brings a binary for every platform. Everything else is bundled. */
const native = ['keytar']

/**
 * Bundles entries for Node into `outDir`, each as `<name>.js`, with chunks for what they share.
 *
 * @param entries files of this repository by name
 * @param target the oldest Node that it has to run on
 * @param plugins of vite
 */
export async function bundleForNode(
  entries: Readonly<Record<string, string>>,
  outDir: string,
  target = 'node20.18',
  plugins: Plugin[] = [],
): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins,
    ssr: { noExternal: true, external: native },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target,
      minify: true,
      rolldownOptions: {
        input: { ...entries },
        external: native,
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
        },
      },
    },
  })
  await writeFile(join(outDir, 'package.json'), '{ "type": "module" }\n')
}
