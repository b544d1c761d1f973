import { allowInsecureRequests, type Configuration, customFetch, discovery, None } from 'openid-client'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { isLoopback } from '#shared/loopback.ts'
import { httpsFetch } from '../https-fetch.ts'
import { networkReason } from '../network-error.ts'

export type { Configuration }

/**
 * The provider's metadata, and this client's as a public one.
 *
 * @param ca PEM of authorities to trust instead of the system's
 * @throws PROVIDER_UNREACHABLE (a retry can help)
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

/** The RFC 8707 parameter of every request for a token, where the provider has a use for it. */
export function resourceParameter({ resource }: DiscoveryDocument['oidc']): Record<string, string> {
  return resource === null ? {} : { resource }
}

/** For what goes wrong on the way to the provider and is no answer of its. */
export function providerError(issuer: string, cause: unknown): JetwayError {
  return new JetwayError('PROVIDER_UNREACHABLE', { issuer, reason: networkReason(cause).reason }, { cause })
}
