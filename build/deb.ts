/**
 * An installable .deb of what electron-builder's target `dir` made, with nothing but dpkg-deb: electron-builder's own
 * target fetches its tools from a download site. Names, icons, scripts and dependencies are those of electron.builder.yml.
 */
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { run } from './setup/run.ts'

const root = join(import.meta.dirname, '..')

interface PackageConfig {
  readonly productName: string
  readonly protocols: readonly { readonly schemes: readonly string[] }[]
  readonly linux: {
    readonly executableName: string
    readonly icon: string
    readonly category: string
    readonly synopsis: string
    readonly maintainer: string
    readonly desktop: { readonly entry: Readonly<Record<string, string>> }
  }
  readonly deb: {
    readonly packageCategory: string
    readonly afterInstall: string
    readonly afterRemove: string
    readonly appArmorProfile: string
    readonly depends: readonly string[]
    readonly recommends: readonly string[]
  }
}

/**
 * @param unpacked what the target `dir` made
 * @param version of the package
 * @param folder where it goes
 * @returns its path
 */
export async function buildDeb(unpacked: string, version: string, folder: string): Promise<string> {
  const config: PackageConfig = parse(await readFile(join(root, 'electron.builder.yml'), 'utf8'))
  const tree = await mkdtemp(join(tmpdir(), 'jetway-deb-'))
  try {
    const app = join(tree, 'opt', config.productName)
    await mkdir(app, { recursive: true, mode: 0o755 })
    await cp(unpacked, app, { recursive: true })
    const resources = join(app, 'resources')
    await writeFile(join(resources, 'package-type'), 'deb')
    const { JETWAY_UPDATE_URL: url } = process.env
    if (url)
      await writeFile(
        join(resources, 'app-update.yml'),
        stringify({ provider: 'generic', url, channel: 'latest', updaterCacheDirName: 'jetway-updater' }),
      )
    await cp(join(root, config.deb.appArmorProfile), join(resources, 'apparmor-profile'))
    await addDesktopFiles(tree, config)
    await addControl(tree, config, version)
    await run('chmod', ['-R', 'u=rwX,go=rX', join(tree, 'opt'), join(tree, 'usr')])
    const deb = join(folder, `jetway-${version}-linux-amd64.deb`)
    await mkdir(folder, { recursive: true })
    await run('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z3', '--build', tree, deb])
    return deb
  } finally {
    await rm(tree, { recursive: true, force: true })
  }
}

async function addDesktopFiles(
  tree: string,
  { productName, protocols, linux }: PackageConfig,
): Promise<void> {
  const { executableName, icon, category, synopsis, desktop } = linux
  const share = join(tree, 'usr/share')
  for (const file of await readdir(join(root, icon))) {
    const apps = join(share, 'icons/hicolor', basename(file, '.png'), 'apps')
    await mkdir(apps, { recursive: true })
    await cp(join(root, icon, file), join(apps, `${executableName}.png`))
  }
  const entry = {
    Name: productName,
    Exec: `/opt/${productName}/${executableName} %U`,
    Terminal: 'false',
    Type: 'Application',
    Icon: executableName,
    StartupWMClass: executableName,
    ...desktop.entry,
    Comment: synopsis,
    MimeType: protocols.flatMap(({ schemes }) => schemes.map((s) => `x-scheme-handler/${s};`)).join(''),
    Categories: category,
  }
  const lines = Object.entries(entry).map(([key, value]) => `${key}=${value}\n`)
  await mkdir(join(share, 'applications'), { recursive: true })
  await writeFile(join(share, `applications/${executableName}.desktop`), `[Desktop Entry]\n${lines.join('')}`)
}

async function addControl(tree: string, { linux, deb }: PackageConfig, version: string): Promise<void> {
  const control = join(tree, 'DEBIAN')
  await mkdir(control, { mode: 0o755 })
  const [kilobytes] = (await run('du', ['-sk', '--exclude=DEBIAN', tree])).split('\t')
  await writeFile(
    join(control, 'control'),
    `Package: jetway
Version: ${version}
Architecture: amd64
Maintainer: ${linux.maintainer}
Installed-Size: ${kilobytes}
Depends: ${deb.depends.join(', ')}
Recommends: ${deb.recommends.join(', ')}
Section: ${deb.packageCategory}
Priority: optional
Description: ${linux.synopsis}
`,
  )
  for (const [name, script] of [
    ['postinst', deb.afterInstall],
    ['postrm', deb.afterRemove],
  ] as const) {
    await cp(join(root, script), join(control, name))
    await chmod(join(control, name), 0o755)
  }
}
