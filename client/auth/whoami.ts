import { type WhoAmI, whoAmI, whoAmIPath } from '#shared/ipc/whoami.ts'
import type { DpopKey } from './dpop-key.ts'
import { askRelay, peerError } from './relay-token.ts'

/**
 * Asks the relay whom it takes the bearer of a token for.
 *
 * @param o.relayUrl the relay's origin
 * @param o.key that the token is bound to; null for a bearer token
 * @throws UNAUTHENTICATED, TOKEN_EXPIRED, ACCESS_REVOKED, SESSION_ENDED, NOT_A_RELAY, RELAY_UNTRUSTED
 * @throws RELAY_UNREACHABLE, PROXY_UNREACHABLE (a retry can help)
 */
export async function askWhoAmI(o: {
  relayUrl: string
  ca: string | null
  token: string
  key: DpopKey | null
}): Promise<WhoAmI> {
  const url = new URL(whoAmIPath, o.relayUrl).href
  const ask = async () =>
    askRelay(o, whoAmIPath, {
      headers: o.key
        ? {
            authorization: `DPoP ${o.token}`,
            dpop: await o.key.proof({ method: 'GET', url, accessToken: o.token }),
          }
        : { authorization: `Bearer ${o.token}` },
    })
  let answer = await ask()
  if (answer.nonce !== null) {
    o.key?.learn(answer.nonce, answer.date ?? undefined)
    // The proof before had none, or one that is too old.
    if (answer.status === 401) answer = await ask()
  }
  const parsed = whoAmI.safeParse(answer.body)
  if (answer.status === 200 && parsed.success) return parsed.data
  throw peerError(answer, o.relayUrl)
}
