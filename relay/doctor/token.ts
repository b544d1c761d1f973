import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from 'jose'
import type { OidcConfig } from '#shared/config/identity/oidc.ts'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { Authenticator } from '../identity/authenticator.ts'
import { typeOf } from '../identity/jwt-authenticator.ts'
import type { Principal } from '../identity/principal.ts'
import { type Finding, findings, type Say, shown } from './finding.ts'
import { examineGroups } from './token-groups.ts'

/**
 * Says of an access token what is missing for the relay to let its bearer in. Nothing of the token is said but its type,
 * algorithm, issuer, audience, times, and how many groups it has.
 *
 * @param o.policyGroups what the policy speaks of
 * @param o.mustBeBound whether it has to be bound to a key
 */
export async function examineToken(
  token: string,
  o: {
    oidc: OidcConfig
    authenticators: readonly Authenticator[]
    policyGroups: readonly string[]
    mustBeBound: boolean
  },
): Promise<readonly Finding[]> {
  const { found, say } = findings('token')
  const decoded = decode(token)
  if (decoded === null) {
    say('fault', 'form', 'It is no JWT, so that only its provider could verify it.', opaqueRemedy(o.oidc))
    return found
  }
  const { payload, header } = decoded
  const authenticator = o.authenticators.find(({ issuer }) => issuer === payload.iss)
  if (!authenticator) {
    const known = o.authenticators.map(({ issuer }) => shown(issuer)).join(', ')
    say('fault', 'issuer', `It is of ${shown(payload.iss)}; accepted is ${known}.`, issuerRemedy(o.oidc))
    return found
  }
  say('ok', 'issuer', `It is of ${shown(payload.iss)}, for ${authenticator.path}.`)
  const isOidc = authenticator.path === 'identity.oidc'
  if (isOidc) examineForm(o.oidc, payload, header, say)
  examineTimes(payload, o.oidc.clockToleranceSeconds, say)
  const principal = await verdict(authenticator, token, say)
  examineGroups({ ...o, payload: isOidc ? payload : null, principal }, say)
  if (principal) examinePerson(principal, say)
  if (payload.cnf !== undefined)
    say('note', 'bound', 'It is bound to a key: it is good only with a proof of that key (DPoP).')
  else if (o.mustBeBound) {
    const remedy =
      'Have the provider bind the tokens of this client (DPoP), or turn identity.dpop.required off.'
    say('fault', 'bound', 'It is bound to no key, and identity.dpop.required lets no such token in.', remedy)
  }
  return found
}

function decode(token: string): { payload: JWTPayload; header: ProtectedHeaderParameters } | null {
  try {
    return { payload: decodeJwt(token), header: decodeProtectedHeader(token) }
  } catch {
    return null
  }
}

function opaqueRemedy({ provider, audience }: OidcConfig): string {
  if (provider === 'auth0')
    return `Have clients ask for the audience ${shown(audience)}: without one Auth0 gives no JWT.`
  return 'Have the provider give access tokens as JWT (RFC 9068) for the relay’s audience; docs/identity/ says how.'
}

function issuerRemedy({ provider }: OidcConfig): string {
  if (provider === 'entra')
    return 'Set requestedAccessTokenVersion to 2 in the manifest of the API’s registration.'
  if (provider === 'okta') return 'Use the custom authorization server that identity.oidc.issuer names.'
  return 'Check which provider it is from, and identity.oidc.issuer.'
}

function examineForm(
  { tokenTypes, algorithms, audience }: OidcConfig,
  payload: JWTPayload,
  { typ, alg }: ProtectedHeaderParameters,
  say: Say,
): void {
  const type = typeOf(typ)
  if (tokenTypes.some((one) => one.toLowerCase() === type)) say('ok', 'type', `Its type is ${shown(type)}.`)
  else {
    const remedy =
      'If it is an access token and not an ID token, name its provider in identity.oidc.provider, or its type in tokenTypes.'
    say('fault', 'type', `Its type is ${shown(type)}; accepted is ${tokenTypes.join(', ')}.`, remedy)
  }
  if (!algorithms.some((one) => one === alg)) {
    const what = `It is signed with ${shown(alg)}; accepted is ${algorithms.join(', ')}.`
    say('fault', 'algorithm', what, 'Change it at the provider, or add it to identity.oidc.algorithms.')
  }
  if ([payload.aud].flat().includes(audience)) say('ok', 'audience', `It is for ${shown(audience)}.`)
  else {
    const remedy =
      'Have the provider put that into `aud` of the access tokens for this client (docs/identity/).'
    say('fault', 'audience', `It is for ${shown(payload.aud)}, and not for ${shown(audience)}.`, remedy)
  }
  if (['nonce', 'at_hash', 'c_hash'].some((claim) => payload[claim] !== undefined))
    say('fault', 'kind', 'It is an ID token.', 'Give the access token of the same sign-in.')
}

/** What the clock says, also of a token that is refused for another reason. */
function examineTimes({ iat, nbf, exp }: JWTPayload, toleranceSeconds: number, say: Say): void {
  const now = Math.floor(Date.now() / 1000)
  const remedy = 'Set this machine’s clock, and the provider’s, by the network’s time (NTP).'
  const starts = Math.max(...[iat, nbf].filter((time) => typeof time === 'number'))
  if (starts - now > toleranceSeconds) {
    say('fault', 'clock', `It is good ${starts - now} s from now: this machine’s clock is behind.`, remedy)
  }
  if (typeof exp !== 'number') say('fault', 'end', 'It has no end.', 'Have the provider give it one.')
  else if (exp + toleranceSeconds <= now) {
    const what = `It ran out ${now - exp} s ago.`
    say('fault', 'end', what, 'Take a new one. If it is new, this machine’s clock is ahead.')
  } else say('ok', 'end', `It is good for ${Math.max(exp - now, 0)} s more.`)
}

/** What the relay itself says. */
async function verdict(authenticator: Authenticator, token: string, say: Say): Promise<Principal | null> {
  try {
    const { principal } = await authenticator.authenticate(token)
    say('ok', 'verdict', `The relay believes it: a ${principal.kind}.`)
    return principal
  } catch (error) {
    const { code, cause } = asJetwayError(error)
    const reason = cause instanceof Error ? `: ${cause.message}` : ''
    say(
      'fault',
      'verdict',
      `The relay does not believe it (${code}${reason}).`,
      'Mend what else is said of it.',
    )
    return null
  }
}

function examinePerson({ kind, email, authTime }: Principal, say: Say): void {
  if (kind === 'machine') return
  if (email === null)
    say('note', 'email', 'It has no claim email: records and Airflow show a user name or the subject.')
  if (authTime === null) {
    say(
      'note',
      'auth_time',
      'It does not say when they signed in: grants with maxAuthenticationAgeMinutes never hold.',
    )
  }
}
