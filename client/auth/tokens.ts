import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Person } from '#shared/ipc/control.ts'
import type { DpopKey } from './dpop-key.ts'

/** What a sign-in gives. The access token stays in memory; only the refresh token is ever kept. */
export interface Tokens {
  readonly accessToken: string
  /** Seconds since the epoch. */
  readonly expires: number
  /** Null where the provider gives none: then the sign-in ends with the access token. */
  readonly refreshToken: string | null
  /** Says to the provider whom it is to sign out; null where it did not come anew. */
  readonly idToken: string | null
  readonly person: Person
  /** That they are bound to; null where whoever holds them may use them. */
  readonly key: DpopKey | null
}

/** For providers that do not say how long (RFC 6749 §5.1 only recommends it). */
const assumedLifetimeSeconds = 300

/**
 * @param before the tokens that these ones replace, for what the provider does not say again
 * @param key that was proven to the provider; null for none
 */
export function tokensOf(
  response: TokenEndpointResponse & TokenEndpointResponseHelpers,
  before: Pick<Tokens, 'refreshToken' | 'person'> | null,
  key: DpopKey | null,
): Tokens {
  const claims = response.claims()
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
  const person = claims
    ? {
        subject: claims.sub,
        name:
          text(claims.name) ??
          text(claims.preferred_username) ??
          text(claims.email) ??
          before?.person.name ??
          claims.sub,
        email: text(claims.email) ?? before?.person.email ?? null,
      }
    : before?.person
  if (!person) throw new JetwayError('SIGN_IN_FAILED', { reason: 'The provider did not say who you are.' })
  if (before && person.subject !== before.person.subject) {
    throw new JetwayError('SIGN_IN_FAILED', { reason: 'The provider answered for another person.' })
  }
  return {
    accessToken: response.access_token,
    expires: Math.floor(Date.now() / 1000) + (response.expiresIn() ?? assumedLifetimeSeconds),
    refreshToken: response.refresh_token ?? before?.refreshToken ?? null,
    idToken: response.id_token ?? null,
    person,
    // A provider that does not look at proofs gives bearer tokens (RFC 9449 §5).
    key: response.token_type === 'dpop' ? key : null,
  }
}
