import { existsSync } from 'node:fs'
import { run } from './run.ts'
import { step } from './steps.ts'

/** Debian packages by what they are for. Of `a|b` one will do: newer releases renamed some. */
const packages = {
  python: ['python3', 'python3-venv'],
  electron: [
    'libgtk-3-0|libgtk-3-0t64',
    'libnss3',
    'libasound2|libasound2t64',
    'libgbm1',
    'libxss1',
    'libxtst6',
    'libnotify4',
    'libsecret-1-0',
    'xdg-utils',
  ],
  /** A desktop for tests. */
  desktop: [
    'xvfb',
    'dbus',
    'openbox',
    'gnome-keyring',
    'chromium',
    'desktop-file-utils',
    'fonts-dejavu-core',
  ],
  /** Makes packages of the desktop app. */
  packages: ['rpm', 'dpkg', 'desktop-file-utils'],
  /** Compiles what is added to the installer of Windows, for tests. */
  nsis: ['nsis'],
  /** Makes AppImages, and starts them. */
  appimage: [
    'squashfs-tools',
    'fuse3',
    'gcc',
    'libc6-dev',
    'libsquashfuse-dev',
    'libfuse3-dev',
    'zlib1g-dev',
    'libzstd-dev',
    'liblzma-dev',
    'liblz4-dev',
    'liblzo2-dev',
  ],
  /** A proxy of the kind that companies have, for tests. */
  proxy: ['tinyproxy-bin'],
  /** A server for tests, in a folder of their own: the cluster that Debian makes is not touched. */
  postgres: ['postgresql', 'postgresql-client'],
  /** Builds programs that tests hold ours against. */
  go: ['golang-go'],
  /** Runs an OpenID and SAML provider for tests, and fetches it. */
  java: ['openjdk-17-jre-headless|openjdk-21-jre-headless', 'maven', 'unzip'],
  bench: ['openssh-server', 'openssh-client', 'nginx-light|nginx', 'iproute2'],
  /** A wide-area link between network namespaces. */
  wan: ['gcc', 'libc6-dev', 'iproute2', 'util-linux'],
} as const

export type PackageGroup = keyof typeof packages

/**
 * Installs what is missing: on Debian and its kin, as root; elsewhere it says what to run.
 *
 * @throws Error whose text is that command
 */
export async function ensureSystemPackages(groups: readonly PackageGroup[]): Promise<void> {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/dpkg-query')) return
  const missing = await missingPackages(groups.flatMap((group) => [...packages[group]]))
  if (missing.length === 0) return
  const install = async () => [
    'install',
    '-y',
    '--no-install-recommends',
    ...(await Promise.all(missing.map(firstKnown))),
  ]
  if (process.getuid?.() !== 0) {
    const command = `sudo apt-get ${(await install()).join(' ')}`
    throw new Error(`System packages are missing. Install them, then start again:\n  ${command}`)
  }
  await step(`system packages: ${missing.join(' ')}`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    await run('apt-get', ['update', '-qq'], { env })
    // Only an updated list knows which of two names this release has.
    await run('apt-get', ['-qq', ...(await install())], { env })
  })
}

async function missingPackages(wanted: readonly string[]): Promise<string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it
  const format = '${db:Status-Abbrev}\t${Package}\n'
  const installed = new Set(
    (await run('dpkg-query', ['-W', '-f', format]))
      .split('\n')
      .filter((line) => line.startsWith('ii'))
      .map((line) => line.split('\t')[1]),
  )
  return wanted.filter((names) => !names.split('|').some((name) => installed.has(name)))
}

async function firstKnown(names: string): Promise<string> {
  const candidates = names.split('|')
  for (const name of candidates) {
    const policy = await run('apt-cache', ['policy', name])
    if (/Candidate: (?!\(none\))/.test(policy)) return name
  }
  return candidates[0] as string
}
