import type { JWK } from 'jose'
import type { SignedHeaderConfig } from '#shared/config/identity/signed-headers.ts'
import type { Authenticator } from '../authenticator.ts'
import { createAlb } from './aws-alb.ts'
import { createCloudflareAccess } from './cloudflare-access.ts'
import { createGoogleIap } from './google-iap.ts'
import { createJwtHeader } from './jwt.ts'

/** A header by which a balancer says who it signed in. It means something on the balancer's own listener alone. */
export interface SignedHeader {
  /** In lower case. */
  readonly name: string
  readonly authenticator: Authenticator
}

/**
 * @param path where it stands in the configuration, e.g. `identity.signedHeaders.alb`
 * @param jwks the keys that the configuration has in a file; null where it has none
 */
export function createSignedHeader(
  path: string,
  config: SignedHeaderConfig,
  jwks: readonly JWK[] | null,
): SignedHeader {
  switch (config.from) {
    case 'aws-alb':
      return { name: 'x-amzn-oidc-data', authenticator: createAlb(path, config) }
    case 'google-iap':
      return { name: 'x-goog-iap-jwt-assertion', authenticator: createGoogleIap(path, config) }
    case 'cloudflare-access':
      return { name: 'cf-access-jwt-assertion', authenticator: createCloudflareAccess(path, config) }
    case 'jwt':
      return { name: config.header, authenticator: createJwtHeader(path, config, jwks) }
  }
}

/**
 * The header's value, when there is exactly one. A second one, spelled in whatever way, is somebody's who hopes to be
 * read in its place.
 *
 * @param rawHeaders name, value, name, value …
 * @param name in lower case
 * @throws Error
 */
export function signedHeaderOf(rawHeaders: readonly string[], name: string): string {
  let found: string | null = null
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const given = (rawHeaders[i] as string).toLowerCase()
    // WSGI and some proxies read `_` as `-`.
    if (given.replaceAll('_', '-') !== name) continue
    if (given !== name) throw new Error(`${name} is spelled with _`)
    if (found !== null) throw new Error(`there is more than one ${name}`)
    found = rawHeaders[i + 1] as string
  }
  if (found === null || found === '') throw new Error(`there is no ${name}`)
  return found
}
