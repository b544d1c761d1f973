import type { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { accessRequestAsk, accessRequestDecision } from '#shared/ipc/access-requests.ts'
import { parseJson } from '#shared/parse-json.ts'
import { AccessDesk, type DeskParts, type Visitor } from '../../access-requests/desk.ts'
import { sendAccessRequests } from '../../access-requests/feed.ts'
import { accessRequestsFor } from '../../access-requests/view.ts'
import type { Principal } from '../../identity/principal.ts'
import type { RequestRules } from '../../policy/request-rules.ts'
import type { TunnelSession } from '../../tunnel-session.ts'
import { answerJson } from '../answer-json.ts'
import { endExchange } from '../end-exchange.ts'
import type { Exchange, Handle } from '../exchange.ts'
import { isMediaType } from '../media-type.ts'
import { readBody } from '../read-body.ts'

/** A reason of 500 characters, however it is escaped, and a policy's id. */
const maxBodyBytes = 16_384
/** Whoever asks has it ready. */
const bodyTimeoutMs = 10_000

/** What is asked for, by its method and path; null for anything else. */
export function accessRequestRoute(
  method: string | undefined,
  url = '',
):
  | { readonly to: 'list' | 'feed' | 'ask' }
  | { readonly to: 'decision' | 'end'; readonly id: string }
  | null {
  if (method === 'GET' && url === '/access-requests') return { to: 'list' }
  if (method === 'GET' && url === '/access-requests/feed') return { to: 'feed' }
  if (method !== 'POST') return null
  if (url === '/access-requests') return { to: 'ask' }
  const [, id, to] = /^\/access-requests\/([0-9a-f-]{36})\/(decision|end)$/.exec(url) ?? []
  return id === undefined ? null : { to: to as 'decision' | 'end', id }
}

/**
 * Requests for access, inside a session: what someone may ask for, asking, deciding, ending. To be asked behind the checks
 * of `ownService`.
 *
 * @param o.rulesNow those of the generation at work, for answers that outlive this one
 * @param o.follow has an answer that goes on ended with the session
 * @throws BAD_REQUEST, BODY_TOO_LARGE, TOO_SLOW, and as {@link AccessDesk} does
 * @throws TOO_MANY_REQUESTS, DRAINING (a retry can help)
 */
export function accessRequests(
  o: DeskParts & {
    readonly rulesNow: () => RequestRules
    readonly follow: (tunnel: TunnelSession, end: () => void) => () => void
  },
): Handle {
  const desk = new AccessDesk(o)
  const { approved } = o
  const tell = (principal: Principal, rules: RequestRules) =>
    accessRequestsFor(principal, rules, approved.requests, Math.floor(Date.now() / 1000))
  return async (exchange) => {
    const { request, response, tunnel, principal, id } = exchange
    const route = accessRequestRoute(request.method, request.url)
    if (route === null || !tunnel || !principal) return false
    if (route.to === 'feed') {
      const unfollow = o.follow(tunnel, () => response.end())
      response.once('close', unfollow)
      sendAccessRequests({
        response,
        id,
        tell: () => tell(approved.of(tunnel.principal, o.rulesNow()), o.rulesNow()),
        listen: (listener) => approved.listen(listener),
      })
      return true
    }
    response.setHeader('x-request-id', id)
    if (route.to === 'list') return answerJson(response, 200, tell(principal, o.rules))
    const visitor: Visitor = { id, principal, address: exchange.address, session: tunnel.id }
    switch (route.to) {
      case 'ask':
        return answerJson(response, 201, await desk.ask(visitor, await bodyOf(exchange, accessRequestAsk)))
      case 'decision': {
        const decision = await bodyOf(exchange, accessRequestDecision)
        return answerJson(response, 200, await desk.decide(visitor, route.id, decision))
      }
      case 'end':
        return answerJson(response, 200, await desk.end(visitor, route.id))
    }
  }
}

async function bodyOf<T extends z.ZodType>(exchange: Exchange, schema: T): Promise<z.output<T>> {
  if (!isMediaType(exchange.request, 'application/json'))
    throw new JetwayError('BAD_REQUEST', { reason: 'The body has to be application/json.' })
  const timer = setTimeout(() => endExchange(exchange, new JetwayError('TOO_SLOW')), bodyTimeoutMs)
  try {
    const body = await readBody(exchange, maxBodyBytes)
    const parsed = schema.safeParse(parseJson(body.toString('utf8')))
    if (parsed.success) return parsed.data
  } finally {
    clearTimeout(timer)
  }
  throw new JetwayError('BAD_REQUEST', { reason: 'The body is not what is asked for here.' })
}
