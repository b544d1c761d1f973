/**
 * `npm run package [-- --dir | --deb]`: packages what `npm run build` makes, for the platform that it runs on, into
 * dist/packages. `--dir` stops before installers; `--deb` makes one of that folder with dpkg-deb alone.
 *
 * Nothing secret is in the repository. The environment has what signs: CSC_LINK, CSC_KEY_PASSWORD (macOS, Windows),
 * APPLE_API_KEY, APPLE_API_KEY_ID, APPLE_API_ISSUER (notarisation), and JETWAY_UPDATE_URL with JETWAY_UPDATE_KEY: where
 * updates are, and the public key that signs them. docs/desktop.md has it all.
 */
import { join } from 'node:path'
import { version } from '#shared/version.ts'
import { buildDeb } from './deb.ts'
import { packageDesktop } from './package-desktop.ts'
import { run } from './setup/run.ts'
import { say, step } from './setup/steps.ts'

const root = join(import.meta.dirname, '..')
const output = join(root, 'dist/packages')
const [mode] = process.argv.slice(2)

await step('bundles', () => run(process.execPath, [join(root, 'build/desktop.ts')]))
if (mode === '--dir' || mode === '--deb') {
  const unpacked = await step('folder', () => packageDesktop({ output, dirOnly: true }))
  if (mode === '--deb') say(await step('deb', () => buildDeb(unpacked, version, output)))
} else {
  await step('packages', () => packageDesktop({ output, dirOnly: false }))
}
for (const lack of lacks()) say(lack)

/** What this build does not have, and what that means for people. */
function lacks(): readonly string[] {
  const { CSC_LINK, APPLE_API_KEY, JETWAY_UPDATE_KEY, JETWAY_UPDATE_URL } = process.env
  return [
    ...(process.platform !== 'linux' && !CSC_LINK
      ? ['NOT SIGNED: the system warns whoever opens it. Set CSC_LINK and CSC_KEY_PASSWORD.']
      : []),
    ...(process.platform === 'darwin' && !APPLE_API_KEY
      ? ['NOT NOTARISED: macOS does not open it. Set APPLE_API_KEY, APPLE_API_KEY_ID and APPLE_API_ISSUER.']
      : []),
    ...(!JETWAY_UPDATE_KEY || !JETWAY_UPDATE_URL
      ? ['WITHOUT UPDATES: it looks for none. Set JETWAY_UPDATE_URL and JETWAY_UPDATE_KEY before the build.']
      : []),
  ]
}
