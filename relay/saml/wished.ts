import type { AuthorizationRequest } from '../oauth/authorization-request.ts'
import type { Refusal } from './refusal.ts'
import type { VerifiedAssertion } from './response.ts'

/** How fresh and how strong a sign-in is to be (OpenID Connect Core 1.0 §3.1.2.1). */
export type Wished = Pick<AuthorizationRequest, 'fresh' | 'maxAge' | 'acrValues'>

/**
 * What a sign-in lacks of what was asked for, as the client is told it: a provider may pass over ForceAuthn and
 * RequestedAuthnContext, and what it says of the sign-in is believed.
 *
 * @param o.begunAt when it was asked for, in seconds since the epoch
 * @param o.clockToleranceSeconds how far the provider's clock may differ
 * @returns null where it lacks nothing
 */
export function lackOf(
  { authnInstant, authnContext }: Pick<VerifiedAssertion, 'authnInstant' | 'authnContext'>,
  { fresh, maxAge, acrValues }: Wished,
  o: { begunAt: number; now: number; clockToleranceSeconds: number },
): Refusal | null {
  if (acrValues.length > 0 && !acrValues.includes(authnContext ?? ''))
    return {
      // OpenID Connect Core Unmet Authentication Requirements 1.0
      error: 'unmet_authentication_requirements',
      description: `The provider did not sign you in as is asked for here (${acrValues.join(' ')}).`,
    }
  const since = Math.max(fresh ? o.begunAt : 0, maxAge === null ? 0 : o.now - maxAge)
  if (authnInstant < since - o.clockToleranceSeconds)
    return { error: 'login_required', description: 'The provider did not ask you again who you are.' }
  return null
}
