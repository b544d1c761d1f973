import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { parseJson } from '#shared/parse-json.ts'
import { httpsFetch, textUpTo } from '../../network/https-fetch.ts'
import { relayError } from '../../network/network-error.ts'
import { type MachineToken, machineTokenOf, noToken } from './machine-token.ts'

/** An access key of the relay's, from where it is kept. */
export interface AccessKeySource {
  readonly kind: 'access-key'
  readonly keptIn: { readonly file: string } | { readonly key: string }
}

const answer = z.object({ access_token: z.string() })
const maxAnswerBytes = 65_536
const idOfKey = /^jtwy_([0-9A-Za-z]{12})[0-9A-Za-z]{38}$/

/**
 * Exchanges the key for an access token (RFC 6749 §4.4).
 *
 * @param relayUrl https, or on a loopback host
 * @throws MACHINE_TOKEN_MISSING, RELAY_UNREACHABLE, PROXY_UNREACHABLE, RATE_LIMITED (a retry can help)
 * @throws ACCESS_KEY_REFUSED, RELAY_UNTRUSTED, PROXY_AUTH_REQUIRED, PROXY_REFUSED, CONFIG_INVALID
 */
export async function askWithAccessKey(
  { keptIn }: AccessKeySource,
  relayUrl: string,
  ca: string | null,
): Promise<MachineToken> {
  const relay = new URL(relayUrl).host
  const key = await keyOf(keptIn)
  const [, id] = idOfKey.exec(key) ?? []
  if (id === undefined) throw new JetwayError('ACCESS_KEY_REFUSED', { relay })
  let status: number
  let text: string | null
  try {
    const response = await httpsFetch(ca)(new URL('/oauth/token', relayUrl).href, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: id,
        client_secret: key,
      }).toString(),
    })
    status = response.status
    text = await textUpTo(response, maxAnswerBytes)
  } catch (cause) {
    throw relayError(relay, cause)
  }
  if (status === 429)
    throw new JetwayError('RATE_LIMITED', { limit: 'only so often when it was wrong', retryAfterSeconds: 60 })
  if (status >= 500) throw new JetwayError('RELAY_UNREACHABLE', { relay, reason: `status ${status}` })
  const parsed = answer.safeParse(parseJson(text))
  if (status !== 200 || !parsed.success) throw new JetwayError('ACCESS_KEY_REFUSED', { relay })
  return machineTokenOf(parsed.data.access_token, 'The relay’s answer')
}

async function keyOf(keptIn: AccessKeySource['keptIn']): Promise<string> {
  if ('key' in keptIn) return keptIn.key.trim()
  try {
    return (await readFile(keptIn.file, 'utf8')).trim()
  } catch (cause) {
    throw noToken(`${keptIn.file} cannot be read.`, cause)
  }
}
