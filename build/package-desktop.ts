import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { build, type Configuration, Platform } from 'electron-builder'
import { parse } from 'yaml'
import { isLoopback } from '#shared/loopback.ts'
import { writeNotices } from './notices/write.ts'
import { ensureElectron } from './setup/electron.ts'

const root = join(import.meta.dirname, '..')

/**
 * Packs dist/desktop and dist/engine by electron.builder.yml.
 *
 * @param output where packages go
 * @param dirOnly only the folder that installers are made of; with the Electron of this machine, so that nothing is
 *   downloaded
 * @returns that folder
 */
export async function packageDesktop(o: { output: string; dirOnly: boolean }): Promise<string> {
  const file = parse(await readFile(join(root, 'electron.builder.yml'), 'utf8'))
  const { JETWAY_UPDATE_URL } = process.env
  if (JETWAY_UPDATE_URL) checkUpdateUrl(new URL(JETWAY_UPDATE_URL))
  const config: Configuration = {
    ...file,
    directories: { ...file.directories, output: o.output },
    // All is bundled: electron-builder is not to look for packages.
    beforeBuild: async () => false,
    publish: JETWAY_UPDATE_URL ? { provider: 'generic', url: JETWAY_UPDATE_URL, channel: 'latest' } : null,
  }
  const electron = o.dirOnly ? await plainElectron() : null
  await writeNotices(join(root, 'dist/notices'), electron?.version ?? (await lockedElectron()))
  try {
    await build({
      projectDir: root,
      publish: 'never',
      config:
        electron === null
          ? config
          : { ...config, electronDist: electron.folder, electronVersion: electron.version },
      ...(o.dirOnly ? { targets: Platform.current().createTarget('dir') } : {}),
    })
  } finally {
    if (electron !== null) await rm(dirname(electron.folder), { recursive: true, force: true })
  }
  return join(o.output, 'linux-unpacked')
}

/** Signatures hold over plain HTTP as well, but others would see who has which version. */
function checkUpdateUrl({ protocol, hostname }: URL): void {
  if (protocol !== 'https:' && !isLoopback(hostname)) throw new Error('JETWAY_UPDATE_URL is not https')
}

async function lockedElectron(): Promise<string> {
  return JSON.parse(await readFile(join(root, 'node_modules/electron/package.json'), 'utf8')).version
}

/** The Electron of this machine as it would be downloaded: without the stand-in app that starts others. */
async function plainElectron(): Promise<{ readonly folder: string; readonly version: string }> {
  const from = dirname(await ensureElectron())
  const folder = join(await mkdtemp(join(tmpdir(), 'jetway-electron-')), 'electron')
  await cp(from, folder, {
    recursive: true,
    filter: (source) => source !== join(from, 'resources/app') && basename(source) !== '.complete',
  })
  return { folder, version: (await readFile(join(folder, 'version'), 'utf8')).trim().replace(/^v/, '') }
}
