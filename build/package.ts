/**
 * `npm run package [-- --unsigned | --local | --dir]`: packages what `npm run build` makes, for the platform that it runs on,
 * into dist/packages. A release is signed, or not made; `--unsigned` makes it without, and says so. `--local` (Linux) makes
 * deb, rpm and AppImage of what this machine has and downloads nothing; `--dir` stops before packages.
 *
 * Nothing secret is in the repository. The environment has what signs: CSC_LINK, CSC_KEY_PASSWORD (macOS, Windows),
 * APPLE_API_KEY, APPLE_API_KEY_ID, APPLE_API_ISSUER (notarisation), and JETWAY_UPDATE_URL with JETWAY_UPDATE_KEY: where
 * updates are, and the public key that signs them. docs/desktop.md has it all.
 */
import { join } from 'node:path'
import { type PackageRun, packageDesktop } from './package-desktop.ts'
import { lacksOf, releaseConfig } from './release-config.ts'
import { run } from './setup/run.ts'
import { say, step } from './setup/steps.ts'

const kinds: Readonly<Record<string, PackageRun['kind']>> = {
  '': 'release',
  '--unsigned': 'unsigned',
  '--local': 'local',
  '--dir': 'dir',
}
const root = join(import.meta.dirname, '..')
const kind = kinds[process.argv[2] ?? '']
if (kind === undefined || process.argv.length > 3) {
  say('usage: npm run package [-- --unsigned | --local | --dir]')
  process.exit(2)
}
const isSigned = kind === 'release'
// Before minutes are spent.
releaseConfig(process.platform, process.env, { isSigned })
await step('bundles', () => run(process.execPath, [join(root, 'build/desktop.ts')]))
const made = await step('packages', () => packageDesktop({ output: join(root, 'dist/packages'), kind }))
for (const path of made) say(path)
for (const lack of lacksOf(process.platform, process.env, { isSigned })) say(lack)
