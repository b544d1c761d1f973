import { existsSync, globSync } from 'node:fs'
import { chmod, cp, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { digestOf, type EngineManifest } from '../main/engine/engine-files.ts'
import { bundleForNode } from './bundle.ts'
import { recordPackages } from './bundled-packages.ts'

const root = join(import.meta.dirname, '..')
const isWindows = process.platform === 'win32'

/**
 * Makes the folder of what runs in Node: that Node itself, the engine of the desktop app, and `jetway` for the command
 * line, which share all of their code. The package carries it as `resources/engine`.
 *
 * @returns the digests of what is run, for the app to hold it against
 */
export async function buildEngine(folder: string): Promise<EngineManifest> {
  await rm(folder, { recursive: true, force: true })
  await bundleForNode({ engine: 'main/engine/entry.ts', jetway: 'cli/main.ts' }, folder, 'node24', [
    recordPackages('engine'),
  ])
  const node = isWindows ? 'node.exe' : 'node'
  await cp(process.execPath, join(folder, node))
  await copyKeytar(folder)
  await writeLauncher(folder)
  const files = globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !isSignedLater(file))
    .sort()
  const digests = files.map(async (file) => [file, await digestOf(join(folder, file))])
  return Object.fromEntries(await Promise.all(digests))
}

/** macOS and Windows check programs by the signature that packaging puts into them, which makes them other files. */
function isSignedLater(file: string): boolean {
  return process.platform !== 'linux' && /^node(\.exe)?$|\.node$/.test(file)
}

/** keytar brings its binaries for all platforms, as N-API: nothing is compiled. One is enough. */
async function copyKeytar(folder: string): Promise<void> {
  const [from, to] = [join(root, 'node_modules/keytar'), join(folder, 'node_modules/keytar')]
  const prebuilt = `prebuilds/${process.platform}-${process.arch}`
  if (!existsSync(join(from, prebuilt))) throw new Error(`keytar has no binary for ${prebuilt}`)
  for (const part of ['package.json', 'LICENSE.md', 'lib', prebuilt])
    await cp(join(from, part), join(to, part), { recursive: true })
}

async function writeLauncher(folder: string): Promise<void> {
  const launcher = join(folder, isWindows ? 'jetway.cmd' : 'jetway')
  await writeFile(launcher, isWindows ? windowsLauncher : posixLauncher)
  await chmod(launcher, 0o755)
}

const posixLauncher = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec "$here/node" --max-semi-space-size=2 "$here/jetway.js" "$@"
`

const windowsLauncher = `@"%~dp0node.exe" --max-semi-space-size=2 "%~dp0jetway.js" %*\r\n`
