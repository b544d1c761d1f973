import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Arch, build, type Configuration, Platform } from 'electron-builder'
import { parse } from 'yaml'
import { writeNotices } from './notices/write.ts'
import { releaseConfig } from './release-config.ts'
import { ensureElectron } from './setup/electron.ts'
import { ensureAppImageTools } from './setup/package-tools.ts'
import { ensureSystemPackages } from './setup/system-packages.ts'

const root = join(import.meta.dirname, '..')

export interface PackageRun {
  /** Where packages go. */
  readonly output: string
  /**
   * - `dir`: the folder that packages are made of, with the Electron of this machine
   * - `local`: packages of that folder, packed fast; nothing is downloaded
   * - `release`: packages of this platform, signed or not at all
   * - `unsigned`: the same without signatures
   */
  readonly kind: 'dir' | 'local' | 'release' | 'unsigned'
  /** Of electron-builder, in place of those of electron.builder.yml. */
  readonly targets?: readonly string[]
  /** In place of the one of package.json. */
  readonly version?: string
  /** A folder that a run of `dir` or `local` has made, to be packed once more. */
  readonly unpacked?: string
}

/**
 * Packs dist/desktop and dist/engine by electron.builder.yml.
 *
 * @returns the packages, and what belongs to them
 * @throws Error where a release would lack what it has to have
 */
export async function packageDesktop(o: PackageRun): Promise<readonly string[]> {
  const file: Configuration = parse(await readFile(join(root, 'electron.builder.yml'), 'utf8'))
  const isLocal = o.kind === 'dir' || o.kind === 'local'
  const work = await mkdtemp(join(tmpdir(), 'jetway-package-'))
  try {
    if (process.platform === 'linux' && o.kind !== 'dir') await bringLinuxTools(work, isLocal)
    const electron = isLocal ? await plainElectron(join(work, 'electron')) : null
    await writeNotices(join(root, 'dist/notices'), electron?.version ?? (await lockedElectron()))
    const targets = o.targets ?? (o.kind === 'dir' ? ['dir'] : null)
    return await build({
      projectDir: root,
      publish: 'never',
      config: {
        ...file,
        ...releaseConfig(process.platform, process.env, { isSigned: o.kind === 'release' }),
        directories: { ...file.directories, output: o.output },
        // All is bundled: electron-builder is not to look for packages.
        beforeBuild: async () => false,
        ...(o.version === undefined ? {} : { extraMetadata: { ...file.extraMetadata, version: o.version } }),
        ...(electron === null ? {} : { electronDist: electron.folder, electronVersion: electron.version }),
        ...(isLocal ? { deb: packedFast(file.deb), rpm: packedFast(file.rpm) } : {}),
      },
      ...(o.unpacked === undefined ? {} : { prepackaged: o.unpacked }),
      ...(targets === null ? {} : { targets: Platform.current().createTarget([...targets], Arch.x64) }),
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** electron-builder calls build/linux-packages in place of fpm, and takes local tools for AppImages where it is to download none. */
async function bringLinuxTools(work: string, isLocal: boolean): Promise<void> {
  await ensureSystemPackages(['packages'])
  const fpm = join(work, 'fpm')
  const script = join(root, 'build/linux-packages/main.ts')
  await writeFile(fpm, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`)
  await chmod(fpm, 0o755)
  process.env.CUSTOM_FPM_PATH = fpm
  if (isLocal) process.env.APPIMAGE_TOOLS_PATH = await ensureAppImageTools()
}

function packedFast<T extends { fpm?: string[] | null }>(target: T | null | undefined): T {
  return { ...(target as T), fpm: ['--compression-level', '3'] }
}

async function lockedElectron(): Promise<string> {
  return JSON.parse(await readFile(join(root, 'node_modules/electron/package.json'), 'utf8')).version
}

/** The Electron of this machine as it would be downloaded: without the stand-in app that starts others. */
async function plainElectron(folder: string): Promise<{ readonly folder: string; readonly version: string }> {
  const from = dirname(await ensureElectron())
  await cp(from, folder, {
    recursive: true,
    filter: (source) => source !== join(from, 'resources/app') && basename(source) !== '.complete',
  })
  return { folder, version: (await readFile(join(folder, 'version'), 'utf8')).trim().replace(/^v/, '') }
}
