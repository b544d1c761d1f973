import { isLoopback } from './loopback.ts'

const maxLinkChars = 2048
const addLink = /^jetway:\/\/add\/?\?relay=([!-~]+)$/i
/** A scheme, a host, perhaps a port: nothing that a person could overlook. */
const relayOrigin = /^(https?:\/\/[a-z0-9.:[\]-]+)\/?$/i

/**
 * Reads `jetway://add?relay=https%3A%2F%2F…`, the only link that there is; the address may stand there as it is, too.
 * What a link names is shown to the person and never followed by itself.
 *
 * @returns the relay's origin, https (http on loopback only); null for anything else
 */
export function parseDeepLink(text: string): { readonly relayUrl: string } | null {
  if (text.length > maxLinkChars) return null
  const [, value] = addLink.exec(text) ?? []
  const [, address] = relayOrigin.exec(value === undefined ? '' : decoded(value)) ?? []
  if (address === undefined || !URL.canParse(address)) return null
  const { origin, protocol, hostname } = new URL(address)
  // An address that is read as another one than it looks like names no relay.
  if (origin !== address.toLowerCase()) return null
  return protocol === 'https:' || isLoopback(hostname) ? { relayUrl: origin } : null
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return ''
  }
}
