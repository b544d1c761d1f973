/**
 * `npm run build`: bundles main, preload, engine and renderer into dist/desktop, a folder that
 * `electron dist/desktop` starts and that electron-builder packs. With `--if-changed` only where it was built from
 * other sources.
 */
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'electron-vite'
import { digestOfSources } from './desktop-sources.ts'

const root = join(import.meta.dirname, '..')
const out = join(root, 'dist/desktop')
/** Beside the folder, so that it is not shipped. */
const builtFrom = join(root, 'dist/desktop.sources')

const digest = await digestOfSources()
if (process.argv.includes('--if-changed') && (await readFile(builtFrom, 'utf8').catch(() => '')) === digest)
  process.exit()
await rm(builtFrom, { force: true })
await rm(out, { recursive: true, force: true })
process.chdir(root)
await build({ logLevel: 'warn' })
await copyIcons()
await copyKeytar()
await writeManifest()
await writeFile(builtFrom, digest)

async function copyIcons(): Promise<void> {
  await cp(join(root, 'build/icons'), join(out, 'icons'), {
    recursive: true,
    filter: (source) => !/\.(ts|svg)$/.test(source),
  })
}

/** keytar brings its binaries for all platforms, as N-API: nothing is compiled. */
async function copyKeytar(): Promise<void> {
  for (const part of ['package.json', 'LICENSE.md', 'lib', 'prebuilds']) {
    await cp(join(root, 'node_modules/keytar', part), join(out, 'node_modules/keytar', part), {
      recursive: true,
    })
  }
}

/** The app's own package.json: what Electron reads, and the one dependency that is not bundled. */
async function writeManifest(): Promise<void> {
  const { version, description, license, dependencies } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as Record<string, string> & { dependencies: { keytar: string } }
  const manifest = {
    name: 'jetway',
    productName: 'Jetway',
    desktopName: 'jetway.desktop',
    version,
    description,
    license,
    type: 'module',
    main: 'main/index.js',
    dependencies: { keytar: dependencies.keytar },
  }
  await writeFile(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}
