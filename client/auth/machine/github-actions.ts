import { z } from 'zod'
import { isLoopback } from '#shared/loopback.ts'
import { parseJson } from '#shared/parse-json.ts'
import { httpsFetch, textUpTo } from '../../network/https-fetch.ts'
import { type MachineToken, machineTokenOf, noToken } from './machine-token.ts'

/** A job of GitHub Actions with the permission `id-token: write`. */
export interface GitHubSource {
  readonly kind: 'github'
  /** ACTIONS_ID_TOKEN_REQUEST_URL */
  readonly url: string
  /** ACTIONS_ID_TOKEN_REQUEST_TOKEN */
  readonly token: string
  /** Null for the relay's URL. */
  readonly audience: string | null
}

const answer = z.object({ value: z.string() })
const maxAnswerBytes = 65_536

/** @throws MACHINE_TOKEN_MISSING (a retry can help) */
export async function askGitHub(source: GitHubSource, relayUrl: string): Promise<MachineToken> {
  if (!URL.canParse(source.url)) throw noToken('ACTIONS_ID_TOKEN_REQUEST_URL is no address.')
  const url = new URL(source.url)
  if (url.protocol !== 'https:' && !isLoopback(url.hostname))
    throw noToken('ACTIONS_ID_TOKEN_REQUEST_URL is not on https.')
  url.searchParams.set('audience', source.audience ?? relayUrl)
  let text: string | null
  try {
    const response = await httpsFetch(null)(url.href, {
      headers: { authorization: `Bearer ${source.token}`, accept: 'application/json' },
    })
    text = response.status === 200 ? await textUpTo(response, maxAnswerBytes) : null
  } catch (cause) {
    throw noToken('GitHub does not answer.', cause)
  }
  const parsed = answer.safeParse(parseJson(text))
  if (!parsed.success) throw noToken('GitHub gives none.')
  return machineTokenOf(parsed.data.value, 'GitHub’s answer')
}
