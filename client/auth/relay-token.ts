import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type ErrorCode, errorTable } from '#shared/errors/table.ts'
import { parseJson } from '#shared/parse-json.ts'
import { httpsFetch, textUpTo } from '../network/https-fetch.ts'
import { relayError } from '../network/network-error.ts'
import type { DpopKey } from './dpop-key.ts'

const maxAnswerBytes = 65_536

const refusalForm = z.object({ error: z.string() })
const problemForm = z.looseObject({ code: z.string(), detail: z.string(), action: z.string() })

/** An access token that is bound to the key that was proven, or it is not the answer to what was asked. */
export const boundToken = z.object({
  access_token: z.string().min(1),
  token_type: z.string().regex(/^dpop$/i),
})

export interface RelayAnswer {
  readonly status: number
  readonly date: string | null
  /** For the next proof of the key. */
  readonly nonce: string | null
  readonly body: unknown
}

interface Asked {
  /** The relay's origin. */
  readonly relayUrl: string
  /** PEM of authorities to trust besides this machine's; null for none. */
  readonly ca: string | null
}

/**
 * Asks the relay for a token that is bound to a key (RFC 9449 §5). A relay that wants another nonce in the proof has not
 * looked at the rest: it is asked once more.
 *
 * @throws as `postForm`
 */
export async function askForToken(
  o: Asked & { readonly key: DpopKey },
  form: Readonly<Record<string, string>>,
): Promise<RelayAnswer> {
  const url = new URL('/oauth/token', o.relayUrl).href
  const ask = async () =>
    postForm(o, '/oauth/token', form, await o.key.proof({ method: 'POST', url, accessToken: null }))
  const answer = await ask()
  if (answer.nonce !== null) o.key.learn(answer.nonce, answer.date ?? undefined)
  const refused = refusalForm.safeParse(answer.body)
  return answer.status === 400 && refused.data?.error === 'use_dpop_nonce' ? ask() : answer
}

/** @throws as `askRelay` */
export function postForm(
  asked: Asked,
  path: string,
  form: Readonly<Record<string, string>> = {},
  proof?: string,
): Promise<RelayAnswer> {
  return askRelay(asked, path, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(proof === undefined ? {} : { dpop: proof }),
    },
    body: new URLSearchParams(form).toString(),
  })
}

/**
 * @throws RELAY_UNREACHABLE, PROXY_UNREACHABLE (a retry can help)
 * @throws RELAY_UNTRUSTED, PROXY_AUTH_REQUIRED, PROXY_REFUSED, CONFIG_INVALID
 */
export async function askRelay(
  { relayUrl, ca }: Asked,
  path: string,
  init: { method?: string; headers: Readonly<Record<string, string>>; body?: string },
): Promise<RelayAnswer> {
  try {
    const response = await httpsFetch(ca)(new URL(path, relayUrl).href, {
      ...init,
      headers: { accept: 'application/json', ...init.headers },
    })
    const body = parseJson(await textUpTo(response, maxAnswerBytes))
    const { status, headers } = response
    return { status, date: headers.get('date'), nonce: headers.get('dpop-nonce'), body }
  } catch (cause) {
    throw relayError(new URL(relayUrl).host, cause)
  }
}

/**
 * What an answer has to say.
 *
 * @param o.refused what it is called when the relay does not take what it was shown; it does not say why (RFC 6749 §5.2)
 * @throws `o.refused`, RELAY_UNREACHABLE, RATE_LIMITED (a retry can help), NOT_A_RELAY, and what the relay itself names
 */
export function readAnswer<T>(
  form: z.ZodType<T>,
  answer: RelayAnswer,
  o: { readonly relayUrl: string; readonly refused: () => JetwayError },
): T {
  const { status, body } = answer
  const parsed = form.safeParse(body)
  if (status === 200 && parsed.success) return parsed.data
  if (status === 401 || (status === 400 && refusalForm.safeParse(body).success)) throw o.refused()
  throw peerError(answer, o.relayUrl)
}

/** What an answer is that is not the one that was asked for: the relay's own word, where it has one. */
export function peerError({ status, body }: RelayAnswer, relayUrl: string): JetwayError {
  const problem = problemForm.safeParse(body)
  if (problem.success && Object.hasOwn(errorTable, problem.data.code)) {
    const { code, detail, action } = problem.data
    return JetwayError.fromPeer(code as ErrorCode, detail, action)
  }
  const what = { relay: new URL(relayUrl).host, reason: `status ${status}` }
  return new JetwayError(status === 429 || status >= 500 ? 'RELAY_UNREACHABLE' : 'NOT_A_RELAY', what)
}
