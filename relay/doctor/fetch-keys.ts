import { type FetchKeys, fetchJson } from '../identity/provider-keys.ts'
import { examineClock } from './clock.ts'
import { reasonOf, type Say, shown } from './finding.ts'
import { examineKeys } from './keys.ts'

/**
 * Fetches keys as the relay would, and looks at them, and at the clock of whoever answers.
 *
 * @param o.accepted algorithms
 * @param o.path where these stand in the configuration; null where they are fixed
 * @param o.toleranceSeconds how far clocks may differ
 */
export async function fetchAndExamineKeys(
  o: {
    url: URL
    issuer: string
    accepted: readonly string[]
    path: string | null
    toleranceSeconds: number
    ask?: FetchKeys
  },
  say: Say,
): Promise<void> {
  const asked = Date.now()
  const answer = await fetchJson(o.url.href, o.issuer, o.ask).catch((error: Error) => error)
  if (answer instanceof Error) {
    say('fault', 'keys', `${shown(o.url.href)} cannot be read (${reasonOf(answer)}).`, letThrough)
    return
  }
  const date = answer.headers.get('date')
  examineClock({ date, asked, answered: Date.now(), toleranceSeconds: o.toleranceSeconds }, say)
  examineKeys(answer.json, o, say)
}

export const letThrough =
  'Check the address, and whether this machine may go there (firewall; an authority of your own: NODE_EXTRA_CA_CERTS).'
