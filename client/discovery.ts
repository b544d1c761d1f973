import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type DiscoveryDocument, discoveryDocument } from '#shared/ipc/discovery.ts'
import { isLoopback } from '#shared/loopback.ts'
import { parseJson } from '#shared/parse-json.ts'
import { protocolVersion } from '#shared/protocol/wire.ts'
import { httpsFetch, textUpTo } from './network/https-fetch.ts'
import { relayError } from './network/network-error.ts'

const maxDocumentBytes = 65_536

/**
 * Asks a relay what a client needs to know.
 *
 * @param relayUrl its origin, https (http on loopback only)
 * @param ca PEM of authorities to trust besides this machine's; null for none
 * @throws RELAY_UNREACHABLE, PROXY_UNREACHABLE (a retry can help)
 * @throws RELAY_UNTRUSTED, NOT_A_RELAY, VERSION_UNSUPPORTED, PROXY_AUTH_REQUIRED, PROXY_REFUSED, CONFIG_INVALID
 */
export async function discover(relayUrl: string, ca: string | null): Promise<DiscoveryDocument> {
  const relay = new URL(relayUrl).host
  const notARelay = (reason: string) => new JetwayError('NOT_A_RELAY', { relay, reason })
  if (!isSafe(new URL(relayUrl), 'https:')) throw notARelay('http is for relays on this machine only')

  const response = await ask(relayUrl, ca)
  if (response.status >= 500) {
    throw new JetwayError('RELAY_UNREACHABLE', { relay, reason: `status ${response.status}` })
  }
  if (response.status !== 200) throw notARelay(`status ${response.status}`)
  const parsed = discoveryDocument.safeParse(parseJson(await textUpTo(response, maxDocumentBytes)))
  if (!parsed.success) throw notARelay('no discovery document')
  const document = parsed.data
  if (!document.protocolVersions.includes(protocolVersion)) throw new JetwayError('VERSION_UNSUPPORTED')
  // Tokens go to these two, so neither may be in the clear, nor elsewhere than the person meant.
  if (!isSafe(new URL(document.carrierUrl), 'wss:')) throw notARelay('its carrier is not encrypted')
  if (new URL(document.carrierUrl).host !== relay) throw notARelay('its carrier is on another host')
  if (!isSafe(new URL(document.oidc.issuer), 'https:')) throw notARelay('its provider is not on https')
  return document
}

async function ask(relayUrl: string, ca: string | null): Promise<Response> {
  try {
    return await httpsFetch(ca)(new URL('/.well-known/jetway', relayUrl).href, {
      headers: { accept: 'application/json' },
    })
  } catch (cause) {
    throw relayError(new URL(relayUrl).host, cause)
  }
}

function isSafe(url: URL, protocol: string): boolean {
  return url.protocol === protocol || isLoopback(url.hostname)
}
