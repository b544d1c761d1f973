/** A package on this machine, by the program that its format is of. rpm works on Debian as well; it knows nothing of what is installed. */
import { run } from '../../build/setup/run.ts'

/** Where Fedora and its kin have it; Debian's rpm keeps one for each HOME. */
export const rpmDatabase = '/var/lib/rpm'

const rpm = (...args: readonly string[]) => run('rpm', ['--dbpath', rpmDatabase, ...args])

export interface Installer {
  install(file: string): Promise<void>
  installedVersion(): Promise<string>
  /** What it has put where. */
  files(): Promise<readonly string[]>
  /** @throws Error naming what is there otherwise than it was packed */
  verify(): Promise<void>
  remove(): Promise<void>
  /** Removes what is there, if anything. */
  clear(): Promise<void>
}

export const installers: Readonly<Record<'deb' | 'rpm', Installer>> = {
  deb: {
    install: (file) => ended(run('dpkg', ['-i', file])),
    installedVersion: () => run('dpkg-query', ['-W', '-f', '$' + '{Version}', 'jetway']),
    files: async () => (await run('dpkg', ['-L', 'jetway'])).trim().split('\n'),
    // It names them, and does not fail.
    verify: async () => {
      const differing = await run('dpkg', ['--verify', 'jetway'])
      if (differing !== '') throw new Error(differing)
    },
    remove: () => ended(run('dpkg', ['-r', 'jetway'])),
    clear: () => ended(run('dpkg', ['--purge', 'jetway'])),
  },
  rpm: {
    install: (file) => ended(rpm('-U', '--nodeps', file)),
    installedVersion: () => rpm('-q', '--qf', '%{VERSION}', 'jetway'),
    files: async () => (await rpm('-ql', 'jetway')).trim().split('\n'),
    verify: () => ended(rpm('-V', '--nodeps', 'jetway')),
    remove: () => ended(rpm('-e', 'jetway')),
    clear: async () => {
      if ((await rpm('-qa', 'jetway')) !== '') await rpm('-e', 'jetway')
    },
  },
}

async function ended(work: Promise<string>): Promise<void> {
  await work
}
