/**
 * `npm run build`: bundles main, preload and renderer into dist/desktop, a folder that `electron dist/desktop` starts and
 * that electron-builder packs; and engine and command line into dist/engine, which goes beside it. With `--if-changed`
 * only where they were built from other sources.
 */
import { createPublicKey } from 'node:crypto'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'electron-vite'
import { digestOfSources } from './desktop-sources.ts'
import { buildEngine } from './engine.ts'

const root = join(import.meta.dirname, '..')
const out = join(root, 'dist/desktop')
/** Beside the folder, so that it is not shipped. */
const builtFrom = join(root, 'dist/desktop.sources')

const updateKey = await readUpdateKey()
const digest = `${await digestOfSources()} ${updateKey}`
if (process.argv.includes('--if-changed') && (await readFile(builtFrom, 'utf8').catch(() => '')) === digest)
  process.exit()
await rm(builtFrom, { force: true })
await rm(out, { recursive: true, force: true })
process.chdir(root)
await build({ logLevel: 'warn' })
await copyIcons()
await writeEngineManifest()
await writeManifest()
await writeFile(builtFrom, digest)

async function copyIcons(): Promise<void> {
  await cp(join(root, 'build/icons'), join(out, 'icons'), {
    recursive: true,
    // Those in icons/app are for desktops and installers.
    filter: (source) => !/\.(ts|svg)$|icons\/app$/.test(source),
  })
}

/** In the app's archive, so that the engine beside it is started only as it was built. */
async function writeEngineManifest(): Promise<void> {
  const manifest = await buildEngine(join(root, 'dist/engine'))
  await writeFile(join(out, 'engine.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** The app's own package.json: what Electron reads. All that it needs is bundled. */
async function writeManifest(): Promise<void> {
  const { version, description, license } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as Record<string, string>
  const manifest = {
    name: 'jetway',
    productName: 'Jetway',
    // The desktop file that electron.builder.yml makes.
    desktopName: 'jetway-desktop.desktop',
    version,
    description,
    license,
    type: 'module',
    main: 'main/index.js',
    ...(updateKey === null ? {} : { updateKey }),
  }
  await writeFile(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** PEM of the public key whose updates the app takes, out of the file that JETWAY_UPDATE_KEY names; null for no updates. */
async function readUpdateKey(): Promise<string | null> {
  const { JETWAY_UPDATE_KEY } = process.env
  if (!JETWAY_UPDATE_KEY) return null
  const key = createPublicKey(await readFile(JETWAY_UPDATE_KEY))
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('JETWAY_UPDATE_KEY is no Ed25519 key')
  return key.export({ type: 'spki', format: 'pem' }) as string
}
