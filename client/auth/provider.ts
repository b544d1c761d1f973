import {
  allowInsecureRequests,
  type Configuration,
  customFetch,
  type DPoPOptions,
  discovery,
  None,
  tokenRevocation,
} from 'openid-client'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { isLoopback } from '#shared/loopback.ts'
import { httpsFetch } from '../network/https-fetch.ts'
import { causeOf, networkReason } from '../network/network-error.ts'
import { type DpopKey, dpopAlgorithm } from './dpop-key.ts'

export type { Configuration }

/** Where people sign in, and what the relay wants of their tokens. */
export type Oidc = DiscoveryDocument['oidc'] & Partial<Pick<DiscoveryDocument, 'dpop'>>

export function oidcOf({ oidc, dpop }: DiscoveryDocument): Oidc {
  return { ...oidc, dpop }
}

/** Entra ID takes PKCE and does not say so in its metadata. */
const pkceUnsaid = [
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
]
const revokeTimeoutMs = 3000

/**
 * The provider's metadata, and this client's as a public one.
 *
 * @param ca PEM of authorities to trust besides this machine's; null for none
 * @throws PROVIDER_UNREACHABLE, PROXY_UNREACHABLE (a retry can help)
 * @throws PROXY_AUTH_REQUIRED, PROXY_REFUSED, CONFIG_INVALID
 */
export async function discoverProvider(
  oidc: Pick<DiscoveryDocument['oidc'], 'issuer' | 'clientId'>,
  ca: string | null,
): Promise<Configuration> {
  const issuer = new URL(oidc.issuer)
  const isPlain = issuer.protocol === 'http:' && isLoopback(issuer.hostname)
  const fetch = httpsFetch(ca)
  try {
    return await discovery(issuer, oidc.clientId, undefined, None(), {
      execute: isPlain ? [allowInsecureRequests] : [],
      [customFetch]: (url, options) => fetch(url, { ...options }),
    })
  } catch (cause) {
    throw providerError(oidc.issuer, cause)
  }
}

/**
 * A provider without PKCE hands out codes that whoever gets hold of them can use (RFC 9700 §2.1.1). What its metadata
 * leave out it does not have (RFC 8414 §2), but for providers that are known to keep silent about it.
 *
 * @throws PKCE_UNSUPPORTED
 */
export function requirePkce(provider: Configuration): void {
  const { issuer, code_challenge_methods_supported: methods } = provider.serverMetadata()
  if (methods?.includes('S256')) return
  if (methods === undefined && pkceUnsaid.includes(new URL(issuer).hostname)) return
  throw new JetwayError('PKCE_UNSUPPORTED', { issuer })
}

/**
 * Whether this provider binds tokens to a key that the client can have (RFC 9449 §5.1).
 *
 * @throws DPOP_UNSUPPORTED where it does not and the relay takes no others
 */
export function bindsTokens(provider: Configuration, { issuer, dpop = 'none' }: Oidc): boolean {
  if (dpop === 'none') return false
  const { dpop_signing_alg_values_supported: algorithms } = provider.serverMetadata()
  if (algorithms?.includes(dpopAlgorithm)) return true
  if (dpop === 'required') throw new JetwayError('DPOP_UNSUPPORTED', { issuer })
  return false
}

/** The option of every request for a token, where it is to be bound. */
export function keyOption(provider: Configuration, key: DpopKey | null): DPoPOptions {
  return key === null ? {} : { DPoP: key.handleFor(provider) }
}

/** The RFC 8707 parameter of every request for a token, where the provider has a use for it, by the name that it has there. */
export function resourceParameter({
  resource,
  resourceParameter = 'resource',
}: DiscoveryDocument['oidc']): Record<string, string> {
  return resource === null ? {} : { [resourceParameter]: resource }
}

/** Tells the provider that a refresh token is done with (RFC 7009). Whether it hears that changes nothing here. */
export async function revokeRefreshToken(provider: Configuration, refreshToken: string): Promise<void> {
  if (provider.serverMetadata().revocation_endpoint === undefined) return
  await withinMs(
    revokeTimeoutMs,
    tokenRevocation(provider, refreshToken, { token_type_hint: 'refresh_token' }),
  )
}

/** Waits no longer than that; null when it failed or took longer. */
export function withinMs<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, ms, null).unref())
  return Promise.race([promise.catch(() => null), late])
}

/** For what goes wrong on the way to the provider and is no answer of its: the proxy's error where it was the proxy. */
export function providerError(issuer: string, cause: unknown): JetwayError {
  return (
    causeOf(cause, JetwayError) ??
    new JetwayError('PROVIDER_UNREACHABLE', { issuer, reason: networkReason(cause).reason }, { cause })
  )
}
