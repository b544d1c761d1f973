import { readFile } from 'node:fs/promises'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { DpopKey } from '../dpop-key.ts'
import { askForToken, boundToken, readAnswer } from '../relay-token.ts'
import { type MachineToken, machineTokenOf, noToken } from './machine-token.ts'

/** An access key of the relay's, from where it is kept. */
export interface AccessKeySource {
  readonly kind: 'access-key'
  readonly keptIn: { readonly file: string } | { readonly key: string }
}

const idOfKey = /^jtwy_([0-9A-Za-z]{12})[0-9A-Za-z]{38}$/

/**
 * Exchanges the key for an access token (RFC 6749 §4.4), which is bound to a key of this process: alone it is worth nothing.
 *
 * @param o.relayUrl https, or on a loopback host
 * @param o.key that the token is bound to (RFC 9449)
 * @throws MACHINE_TOKEN_MISSING, RELAY_UNREACHABLE, PROXY_UNREACHABLE, RATE_LIMITED (a retry can help)
 * @throws ACCESS_KEY_REFUSED, RELAY_UNTRUSTED, NOT_A_RELAY, PROXY_AUTH_REQUIRED, PROXY_REFUSED, CONFIG_INVALID
 */
export async function askWithAccessKey(
  { keptIn }: AccessKeySource,
  o: { readonly relayUrl: string; readonly ca: string | null; readonly key: DpopKey },
): Promise<MachineToken> {
  const { relayUrl } = o
  const refused = () => new JetwayError('ACCESS_KEY_REFUSED', { relay: new URL(relayUrl).host })
  const secret = await secretOf(keptIn)
  const [, id] = idOfKey.exec(secret) ?? []
  if (id === undefined) throw refused()
  const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret }
  const { access_token: token } = readAnswer(boundToken, await askForToken(o, form), { relayUrl, refused })
  return { ...machineTokenOf(token, 'The relay’s answer'), key: o.key }
}

async function secretOf(keptIn: AccessKeySource['keptIn']): Promise<string> {
  if ('key' in keptIn) return keptIn.key.trim()
  try {
    return (await readFile(keptIn.file, 'utf8')).trim()
  } catch (cause) {
    throw noToken(`${keptIn.file} cannot be read.`, cause)
  }
}
