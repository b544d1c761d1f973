import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { listenForCallback } from './loopback-listener.ts'
import { keyOption, requirePkce, resourceParameter } from './provider.ts'
import { type SignInOptions, signInError, wishedParameters } from './sign-in-request.ts'
import { requireWished } from './step-up.ts'
import { type Tokens, tokensOf } from './tokens.ts'

const timeoutMs = 5 * 60_000

/**
 * Signs a person in with the system browser: authorization code with PKCE (RFC 7636), state and nonce, and a
 * listener on 127.0.0.1 (RFC 8252).
 *
 * @throws SIGN_IN_TIMEOUT, SIGN_IN_CANCELLED, SIGN_IN_FAILED, PROVIDER_UNREACHABLE (a retry can help)
 * @throws SIGN_IN_REFUSED, PKCE_UNSUPPORTED, PORT_TAKEN
 */
export async function signIn(o: SignInOptions): Promise<Tokens> {
  requirePkce(o.provider)
  const [codeVerifier, state, nonce] = [randomPKCECodeVerifier(), randomState(), randomNonce()]
  const listener = await listenForCallback(o.oidc.redirectPorts, state)
  try {
    const url = buildAuthorizationUrl(o.provider, {
      redirect_uri: listener.redirectUri,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      // The code is of no use with another key (RFC 9449 §10).
      ...(o.key ? { dpop_jkt: o.key.thumbprint } : {}),
      ...wishedParameters(o),
    })
    o.show({ kind: 'browser', url: url.href })
    const callback = await withinTime(listener.callback, o.signal)
    try {
      const { maxAge = null } = o.wished ?? {}
      const response = await authorizationCodeGrant(
        o.provider,
        callback.url,
        {
          pkceCodeVerifier: codeVerifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
          ...(maxAge === null ? {} : { maxAge }),
        },
        resourceParameter(o.oidc),
        keyOption(o.provider, o.key),
      )
      requireWished(o.wished, response.claims())
      const tokens = tokensOf(response, null, o.key)
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
