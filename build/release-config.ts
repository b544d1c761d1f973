import type { Configuration } from 'electron-builder'
import { isLoopback } from '#shared/loopback.ts'

type Env = Readonly<Record<string, string | undefined>>

const notarisation = ['APPLE_API_KEY', 'APPLE_API_KEY_ID', 'APPLE_API_ISSUER'] as const

/**
 * What electron-builder takes from the environment: the certificate it reads there itself, and where updates are.
 *
 * @param isSigned whether a package without signature is none. electron-builder alone would only warn, and skip notarisation.
 * @throws Error naming what is missing
 */
export function releaseConfig(
  platform: NodeJS.Platform,
  env: Env,
  { isSigned }: { isSigned: boolean },
): Pick<Configuration, 'forceCodeSigning' | 'publish'> {
  const { JETWAY_UPDATE_URL: url, JETWAY_UPDATE_KEY: key } = env
  if (Boolean(url) !== Boolean(key))
    throw new Error('JETWAY_UPDATE_URL and JETWAY_UPDATE_KEY belong together: set both, or none.')
  if (url) checkUpdateUrl(new URL(url))
  const missing = isSigned ? missingForSignature(platform, env) : []
  if (missing.length > 0)
    throw new Error(`To be signed it takes ${missing.join(', ')}. Without signatures: --unsigned.`)
  return {
    forceCodeSigning: isSigned && platform !== 'linux',
    publish: url ? { provider: 'generic', url, channel: 'latest' } : null,
  }
}

/** What a build does not have, and what that means for people. */
export function lacksOf(
  platform: NodeJS.Platform,
  env: Env,
  { isSigned }: { isSigned: boolean },
): readonly string[] {
  return [
    ...(platform === 'win32' && !isSigned ? ['NOT SIGNED: Windows warns whoever opens it.'] : []),
    ...(platform === 'darwin' && !isSigned ? ['NEITHER SIGNED NOR NOTARISED: macOS does not open it.'] : []),
    ...(env.JETWAY_UPDATE_URL
      ? []
      : [
          'WITHOUT UPDATES: it looks for none. Set JETWAY_UPDATE_URL and JETWAY_UPDATE_KEY before the build.',
        ]),
  ]
}

/** Feeds sign Linux packages; there is no certificate for them. */
function missingForSignature(platform: NodeJS.Platform, env: Env): readonly string[] {
  if (platform === 'linux') return []
  const wanted = ['CSC_LINK', 'CSC_KEY_PASSWORD', ...(platform === 'darwin' ? notarisation : [])]
  return wanted.filter((name) => !env[name])
}

/** Signatures hold over plain HTTP as well, but others would see who has which version. */
function checkUpdateUrl({ protocol, hostname }: URL): void {
  if (protocol !== 'https:' && !isLoopback(hostname)) throw new Error('JETWAY_UPDATE_URL is not https')
}
