import type { IDToken } from 'openid-client'
import { JetwayError } from '#shared/errors/jetway-error.ts'

/** How fresh and how strong a sign-in has to be (RFC 9470 §4). The person signs in once more in any case. */
export interface WishedSignIn {
  /** Authentication context classes, any of them, separated by spaces; null for any at all. */
  readonly acrValues: string | null
  /** How long ago the person may have signed in, in seconds; null for any time. */
  readonly maxAge: number | null
  /** Who is expected; null for anyone. */
  readonly loginHint: string | null
}

/**
 * A provider may pass over what it was asked for (OpenID Connect Core 1.0 §3.1.2.1): said here, rather than by the
 * next refusal.
 *
 * @throws SIGN_IN_FAILED
 */
export function requireWished(wished: WishedSignIn | null, claims: IDToken | undefined): void {
  if (!wished?.acrValues) return
  const acr = claims?.acr
  if (typeof acr === 'string' && wished.acrValues.split(' ').includes(acr)) return
  throw new JetwayError('SIGN_IN_FAILED', {
    reason: `The provider did not sign you in as strongly as is asked for here (${wished.acrValues}).`,
  })
}
