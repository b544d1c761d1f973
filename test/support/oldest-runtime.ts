import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '../..')

/**
 * Bundles `jetway`, and the client that it has in it, as the desktop app's parts are bundled, for a Node that strips no
 * types.
 *
 * @param folder what is in it is deleted
 * @returns the script
 */
export async function bundleForOldest(folder: string): Promise<string> {
  const entryFileNames = 'jetway.mjs'
  // No package.json beside them says that they are modules.
  const chunkFileNames = '[name]-[hash].mjs'
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: 'cli/main.ts',
      target: 'node20.18',
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: { external: ['keytar'], output: { format: 'es', entryFileNames, chunkFileNames } },
    },
  })
  return join(folder, entryFileNames)
}
