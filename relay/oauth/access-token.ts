import { randomUUID } from 'node:crypto'
import type { Principal } from '../identity/principal.ts'
import type { Keyring } from './keyring.ts'
import { signJwt } from './sign-jwt.ts'

/**
 * The claims of an access token that the relay issues (RFC 9068), beside the registered ones. `idp` is the principal's own
 * issuer, `kind` and `by` say what the relay found out at the time.
 */
interface OwnClaims {
  readonly idp: string
  readonly kind: Principal['kind']
  readonly by: string
}

/** What there is room for in the head of a request, beside a proof and cookies. */
const maxTokenChars = 12_288

export interface IssuedToken {
  readonly accessToken: string
  /** In seconds. */
  readonly expiresIn: number
}

/**
 * Signs an access token for someone whom the relay knows.
 *
 * @param o.issuer the relay's public URL; the token is from it and for it
 * @param o.lifetimeSeconds no longer than the principal itself
 * @param o.keyThumbprint of the key that it is bound to (RFC 9449 §6.1); null for a bearer token
 */
export function issueAccessToken(
  principal: Principal,
  o: {
    keyring: Keyring
    issuer: string
    clientId: string
    lifetimeSeconds: number
    keyThumbprint: string | null
  },
): IssuedToken {
  const now = Math.floor(Date.now() / 1000)
  const expires = Math.min(now + o.lifetimeSeconds, principal.expires)
  const { authentication } = principal
  const claims = {
    iss: o.issuer,
    aud: o.issuer,
    sub: principal.subject,
    client_id: o.clientId,
    iat: now,
    exp: expires,
    jti: randomUUID(),
    idp: principal.issuer,
    kind: principal.kind,
    by: authentication.by,
    preferred_username: principal.name,
    groups: principal.groups,
    ...(principal.groupsMissing === undefined ? {} : { groups_missing: principal.groupsMissing }),
    ...(principal.email === null ? {} : { email: principal.email }),
    ...(principal.authTime === null ? {} : { auth_time: principal.authTime }),
    ...(authentication.sessionId === null ? {} : { sid: authentication.sessionId }),
    ...(authentication.acr === null ? {} : { acr: authentication.acr }),
    ...(o.keyThumbprint === null ? {} : { cnf: { jkt: o.keyThumbprint } }),
  } satisfies OwnClaims & Record<string, unknown>
  const whole = signJwt(o.keyring, 'at+jwt', claims)
  // One that is too long would be refused wherever it is shown; with some of the groups it would hide those that matter.
  const without = { ...claims, groups: [], groups_missing: 'too-many' }
  const accessToken = whole.length <= maxTokenChars ? whole : signJwt(o.keyring, 'at+jwt', without)
  return { accessToken, expiresIn: expires - now }
}
