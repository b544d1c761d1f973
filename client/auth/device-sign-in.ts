import {
  calculatePKCECodeChallenge,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
  ResponseBodyError,
  randomPKCECodeVerifier,
} from 'openid-client'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { keyOption, requirePkce, resourceParameter } from './provider.ts'
import {
  type DeviceCode,
  isNetworkFailure,
  type SignInOptions,
  signInError,
  wishedParameters,
} from './sign-in-request.ts'
import { requireWished } from './step-up.ts'
import { type Tokens, tokensOf } from './tokens.ts'

type DeviceAuthorization = Awaited<ReturnType<typeof initiateDeviceAuthorization>>

/**
 * Signs a person in who has a browser on another device only (RFC 8628), with PKCE: some providers ask for it there as
 * well, the others pass over it.
 *
 * @throws SIGN_IN_TIMEOUT, SIGN_IN_CANCELLED, SIGN_IN_FAILED, PROVIDER_UNREACHABLE (a retry can help)
 * @throws SIGN_IN_REFUSED, DEVICE_SIGN_IN_UNSUPPORTED, PKCE_UNSUPPORTED
 */
export async function signInOnOtherDevice(o: SignInOptions): Promise<Tokens> {
  const { issuer } = o.oidc
  if (o.provider.serverMetadata().device_authorization_endpoint === undefined) {
    throw new JetwayError('DEVICE_SIGN_IN_UNSUPPORTED', { issuer })
  }
  requirePkce(o.provider)
  const codeVerifier = randomPKCECodeVerifier()
  let minutes = 0
  let expired: AbortSignal | null = null
  try {
    const authorization = await initiateDeviceAuthorization(o.provider, {
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      ...wishedParameters(o),
    })
    minutes = Math.ceil(authorization.expires_in / 60)
    o.show({ kind: 'device', ...deviceCodeOf(authorization) })
    expired = AbortSignal.timeout(authorization.expires_in * 1000)
    const response = await poll(o, authorization, codeVerifier, expired)
    requireWished(o.wished, response.claims())
    return tokensOf(response, null, o.key)
  } catch (cause) {
    if (o.signal.aborted) throw new JetwayError('SIGN_IN_CANCELLED')
    const isOver = cause instanceof ResponseBodyError && cause.error === 'expired_token'
    if (isOver || expired?.aborted) throw new JetwayError('SIGN_IN_TIMEOUT', { minutes }, { cause })
    throw signInError(cause, issuer)
  }
}

/** Until the person is done there. A request that got lost on the way is made again (RFC 8628 §3.5). */
async function poll(
  { provider, oidc, key, signal }: SignInOptions,
  authorization: DeviceAuthorization,
  codeVerifier: string,
  expired: AbortSignal,
): ReturnType<typeof pollDeviceAuthorizationGrant> {
  for (;;) {
    try {
      return await pollDeviceAuthorizationGrant(
        provider,
        authorization,
        { code_verifier: codeVerifier, ...resourceParameter(oidc) },
        { signal: AbortSignal.any([signal, expired]), ...keyOption(provider, key) },
      )
    } catch (error) {
      if (expired.aborted || signal.aborted || !isNetworkFailure(error)) throw error
    }
  }
}

function deviceCodeOf(authorization: DeviceAuthorization): DeviceCode {
  const { user_code, verification_uri, verification_uri_complete, expires_in } = authorization
  for (const uri of [verification_uri, verification_uri_complete ?? verification_uri]) {
    // It is opened, or typed by a person: no other kind of address is.
    if (!URL.canParse(uri) || !/^https?:$/.test(new URL(uri).protocol)) {
      throw new JetwayError('SIGN_IN_FAILED', { reason: 'The provider named a page that is none.' })
    }
  }
  return {
    userCode: user_code,
    verificationUri: verification_uri,
    verificationUriComplete: verification_uri_complete ?? null,
    expiresInSeconds: expires_in,
  }
}
