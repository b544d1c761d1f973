import { allowInsecureRequests, type Configuration, customFetch, discovery, None } from 'openid-client'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { isLoopback } from '#shared/loopback.ts'
import { httpsFetch } from '../network/https-fetch.ts'
import { causeOf, networkReason } from '../network/network-error.ts'

export type { Configuration }

/**
 * The provider's metadata, and this client's as a public one.
 *
 * @param ca PEM of authorities to trust besides this machine's; null for none
 * @throws PROVIDER_UNREACHABLE, PROXY_UNREACHABLE (a retry can help)
 * @throws PROXY_AUTH_REQUIRED, PROXY_REFUSED, CONFIG_INVALID
 */
export async function discoverProvider(
  oidc: DiscoveryDocument['oidc'],
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

/** The RFC 8707 parameter of every request for a token, where the provider has a use for it, by the name that it has there. */
export function resourceParameter({
  resource,
  resourceParameter = 'resource',
}: DiscoveryDocument['oidc']): Record<string, string> {
  return resource === null ? {} : { [resourceParameter]: resource }
}

/** For what goes wrong on the way to the provider and is no answer of its: the proxy's error where it was the proxy. */
export function providerError(issuer: string, cause: unknown): JetwayError {
  return (
    causeOf(cause, JetwayError) ??
    new JetwayError('PROVIDER_UNREACHABLE', { issuer, reason: networkReason(cause).reason }, { cause })
  )
}
