import { AuthorizationResponseError, ResponseBodyError } from 'openid-client'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import type { DpopKey } from './dpop-key.ts'
import { type Configuration, providerError, resourceParameter } from './provider.ts'
import type { WishedSignIn } from './step-up.ts'

/** Where a person signs in: in a browser here, or on another device (RFC 8628 §3.2). */
export type SignInPage =
  | { readonly kind: 'browser'; readonly url: string }
  | ({ readonly kind: 'device' } & DeviceCode)

export interface DeviceCode {
  /** What the person types there. */
  readonly userCode: string
  readonly verificationUri: string
  /** The same with the code in it; null where the provider gives none. */
  readonly verificationUriComplete: string | null
  readonly expiresInSeconds: number
}

export interface SignInOptions {
  readonly provider: Configuration
  readonly oidc: DiscoveryDocument['oidc']
  /** That the tokens are to be bound to; null for none. */
  readonly key: DpopKey | null
  /** How fresh and how strong; null for as the provider likes. */
  readonly wished: WishedSignIn | null
  readonly show: (page: SignInPage) => void
  readonly signal: AbortSignal
}

const maxReasonChars = 300

/** What a sign-in asks for, whichever way it goes. */
export function wishedParameters({
  oidc,
  wished,
}: Pick<SignInOptions, 'oidc' | 'wished'>): Record<string, string> {
  return {
    scope: oidc.scopes.join(' '),
    ...resourceParameter(oidc),
    ...(wished?.acrValues ? { acr_values: wished.acrValues } : {}),
    ...(wished && wished.maxAge !== null ? { max_age: String(wished.maxAge) } : {}),
    // Not every provider heeds the others, or it answers them from a session that was begun long ago.
    ...(wished ? { prompt: 'login' } : {}),
    ...(wished?.loginHint ? { login_hint: wished.loginHint } : {}),
  }
}

/** What a sign-in failed with, for the person. */
export function signInError(cause: unknown, issuer: string): JetwayError {
  if (cause instanceof JetwayError) return cause
  if (cause instanceof AuthorizationResponseError || cause instanceof ResponseBodyError) {
    const reason = `${cause.error_description ?? cause.error}`.slice(0, maxReasonChars)
    const code = cause.error === 'access_denied' ? 'SIGN_IN_REFUSED' : 'SIGN_IN_FAILED'
    return new JetwayError(code, { reason }, { cause })
  }
  if (isNetworkFailure(cause)) return providerError(issuer, cause)
  return new JetwayError(
    'SIGN_IN_FAILED',
    { reason: 'The provider’s answer could not be verified.' },
    { cause },
  )
}

export function isNetworkFailure(cause: unknown): boolean {
  return cause instanceof TypeError && cause.message === 'fetch failed'
}
