import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { listenForCallback } from './loopback-listener.ts'
import { type Configuration, providerError, resourceParameter } from './provider.ts'
import { type Tokens, tokensOf } from './tokens.ts'

const timeoutMs = 5 * 60_000
const maxReasonChars = 300

/**
 * Signs a person in with the system browser: authorization code with PKCE (RFC 7636), state and nonce, and a
 * listener on 127.0.0.1 (RFC 8252).
 *
 * @param browse shows the URL to the person
 * @throws SIGN_IN_TIMEOUT, SIGN_IN_CANCELLED, SIGN_IN_FAILED, PROVIDER_UNREACHABLE (a retry can help)
 * @throws SIGN_IN_REFUSED, PORT_TAKEN
 */
export async function signIn(o: {
  provider: Configuration
  oidc: DiscoveryDocument['oidc']
  browse: (url: string) => void
  signal: AbortSignal
}): Promise<Tokens> {
  const [codeVerifier, state, nonce] = [randomPKCECodeVerifier(), randomState(), randomNonce()]
  const listener = await listenForCallback(o.oidc.redirectPorts, state)
  try {
    const url = buildAuthorizationUrl(o.provider, {
      redirect_uri: listener.redirectUri,
      scope: o.oidc.scopes.join(' '),
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...resourceParameter(o.oidc),
    })
    o.browse(url.href)
    const callback = await withinTime(listener.callback, o.signal)
    try {
      const response = await authorizationCodeGrant(
        o.provider,
        callback.url,
        { pkceCodeVerifier: codeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
        resourceParameter(o.oidc),
      )
      const tokens = tokensOf(response, null)
      callback.answer('signed-in')
      return tokens
    } catch (error) {
      callback.answer('failed')
      throw error
    }
  } catch (cause) {
    throw signInError(cause, o.oidc.issuer)
  } finally {
    listener.close()
  }
}

function withinTime<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new JetwayError('SIGN_IN_CANCELLED'))
    const timer = setTimeout(
      () => reject(new JetwayError('SIGN_IN_TIMEOUT', { minutes: timeoutMs / 60_000 })),
      timeoutMs,
    )
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
    void promise.then(resolve).finally(() => clearTimeout(timer))
  })
}

function signInError(cause: unknown, issuer: string): JetwayError {
  if (cause instanceof JetwayError) return cause
  if (cause instanceof AuthorizationResponseError || cause instanceof ResponseBodyError) {
    const reason = `${cause.error_description ?? cause.error}`.slice(0, maxReasonChars)
    const code = cause.error === 'access_denied' ? 'SIGN_IN_REFUSED' : 'SIGN_IN_FAILED'
    return new JetwayError(code, { reason }, { cause })
  }
  if (cause instanceof TypeError && cause.message === 'fetch failed') return providerError(issuer, cause)
  return new JetwayError(
    'SIGN_IN_FAILED',
    { reason: 'The provider’s answer could not be verified.' },
    { cause },
  )
}
