import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { parametersOf } from './form.ts'

/** The one client, a public one: whoever runs Jetway. */
export const clientId = 'jetway'

/** RFC 8252 §7.3: loopback, by number, on any port; all else exactly. */
const redirectUri = /^http:\/\/(127\.0\.0\.1|\[::1\])(:[1-9][0-9]{0,4})?\/callback$/

/** What a client asked for (RFC 6749 §4.1.1, RFC 7636, OpenID Connect Core 1.0 §3.1.2.1). */
export const authorizationRequest = z.object({
  redirectUri: z.string().regex(redirectUri),
  state: z.string().max(512).nullable(),
  nonce: z.string().max(512).nullable(),
  codeChallenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** Whether the person has to show anew who they are. */
  fresh: z.boolean(),
  /** How long ago they may have done so, in seconds; null for any time. */
  maxAge: z.int().min(0).nullable(),
  /** How they may have done so, each will do; empty for any way. */
  acrValues: z.array(z.string().regex(/^[\x21-\x7e]{1,256}$/)).max(8),
})

export type AuthorizationRequest = z.infer<typeof authorizationRequest>

/** What is wrong is said to the client that asked, where it is known (RFC 6749 §4.1.2.1). */
export interface AuthorizationFault {
  readonly redirectUri: string
  readonly state: string | null
  readonly error: string
  readonly description: string
}

/**
 * Reads an authorization request.
 *
 * @throws AUTHORIZATION_INVALID where it is not known for whom it is, so that nobody is sent anywhere
 */
export function authorizationRequestOf(query: string): AuthorizationRequest | AuthorizationFault {
  const invalid = (reason: string) => new JetwayError('AUTHORIZATION_INVALID', { reason })
  const parameters = parametersOf(query)
  if (!parameters) throw invalid('A parameter stands twice, or there are too many.')
  const get = (name: string) => parameters.get(name) ?? null
  if (get('client_id') !== clientId) throw invalid('The client is not known.')
  const redirect = get('redirect_uri') ?? ''
  if (!redirectUri.test(redirect) || !URL.canParse(redirect))
    throw invalid('The redirect URI is not this client’s.')
  const [prompt, maxAge] = [wordsOf(get('prompt')), get('max_age')]
  const parsed = authorizationRequest.safeParse({
    redirectUri: redirect,
    state: get('state'),
    nonce: get('nonce'),
    codeChallenge: get('code_challenge'),
    fresh: prompt.includes('login'),
    maxAge: /^\d{1,9}$/.test(maxAge ?? '') ? Number(maxAge) : maxAge,
    acrValues: wordsOf(get('acr_values')),
  })
  const fault = (error: string, description: string): AuthorizationFault => {
    const state = get('state')
    return { redirectUri: redirect, state: state && state.length <= 512 ? state : null, error, description }
  }
  if (get('request') !== null) return fault('request_not_supported', 'Request objects are not taken.')
  if (get('request_uri') !== null) return fault('request_uri_not_supported', 'Request objects are not taken.')
  if (get('response_type') !== 'code') return fault('unsupported_response_type', 'It has to be a code.')
  if ((get('response_mode') ?? 'query') !== 'query') return fault('invalid_request', 'The answer is a query.')
  if (get('code_challenge_method') !== 'S256') return fault('invalid_request', 'PKCE with S256 is needed.')
  if (!wordsOf(get('scope')).includes('openid')) return fault('invalid_scope', 'The scope openid is needed.')
  if (prompt.includes('none')) return fault('login_required', 'Someone has to sign in.')
  return parsed.success ? parsed.data : fault('invalid_request', 'A parameter is not valid.')
}

/** Of a parameter that is a list with spaces. */
function wordsOf(text: string | null): string[] {
  return (text ?? '').split(' ').filter((word) => word !== '')
}

/** Where the browser goes with the answer: the client's own listener, with `state` and, by RFC 9207, `iss`. */
export function redirectTo(
  { redirectUri: to, state }: { readonly redirectUri: string; readonly state: string | null },
  issuer: string,
  answer: Readonly<Record<string, string>>,
): string {
  const url = new URL(to)
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value)
  if (state !== null) url.searchParams.set('state', state)
  url.searchParams.set('iss', issuer)
  return url.href
}
