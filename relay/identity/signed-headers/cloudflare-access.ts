import type { JWTPayload } from 'jose'
import type { SignedHeaderOf } from '#shared/config/identity/signed-headers.ts'
import type { Authenticator } from '../authenticator.ts'
import { principalOf } from '../claims.ts'
import { createJwtAuthenticator } from '../jwt-authenticator.ts'
import { remoteKeys } from '../provider-keys.ts'
import { withMembership } from './members.ts'

type Team = Pick<SignedHeaderOf<'cloudflare-access'>, 'team'>

/**
 * For what Cloudflare Access signs: people only, since the token of one of its service tokens has no subject.
 *
 * @see https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/application-token/
 */
export function createCloudflareAccess(
  path: string,
  config: SignedHeaderOf<'cloudflare-access'>,
): Authenticator {
  const issuer = issuerOf(config)
  return createJwtAuthenticator({
    path,
    issuer,
    audience: config.audience,
    algorithms: ['RS256'],
    clockToleranceSeconds: config.clockToleranceSeconds,
    tokenTypes: ['JWT', 'none'],
    keys: () => remoteKeys(accessKeys(config), issuer),
    principalOf(payload) {
      if (payload.type !== 'app')
        throw new Error(`a token of type ${String(payload.type)}, not of an application`)
      return withMembership(
        principalOf(withProviderClaims(payload), config.groupsClaim, path),
        payload,
        config,
      )
    },
  })
}

/** Where the keys of a team are. */
export function accessKeys(config: Team): URL {
  return new URL('/cdn-cgi/access/certs', issuerOf(config))
}

function issuerOf({ team }: Team): string {
  return `https://${team}.cloudflareaccess.com`
}

/** What the provider said of someone is in `custom`, below what Cloudflare says itself. */
function withProviderClaims(payload: JWTPayload): JWTPayload {
  const { custom } = payload
  return typeof custom === 'object' && custom !== null && !Array.isArray(custom)
    ? { ...custom, ...payload }
    : payload
}
