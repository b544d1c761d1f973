import { JetwayError } from '#shared/errors/jetway-error.ts'
import { relayService } from '#shared/protocol/wire.ts'
import { version } from '#shared/version.ts'
import { sendActivity } from '../../activity/feed.ts'
import type { AccessOf } from '../../policy/access.ts'
import { type AccessRequest, overAt } from '../../state/access-request.ts'
import type { TunnelSession } from '../../tunnel-session.ts'
import { answerJson } from '../answer-json.ts'
import type { Exchange, Handle } from '../exchange.ts'
import { RateBuckets } from '../rate-buckets.ts'
import type { VersionFor } from '../told-version.ts'
import { accessRequestRoute, accessRequests } from './access-requests.ts'

/** More than any client needs: what the relay tells is worked out anew for each question. */
const asked = { requests: 60, perSeconds: 60 }
/** Answers that go on, of one session. */
const mostFeeds = 4

/** Whether it is asked of the relay itself, inside a session. */
export function isForRelay({ tunnel, serviceName }: Exchange): boolean {
  return tunnel !== null && serviceName === relayService
}

/**
 * What the relay tells the person of a session: what they may do, what goes through in this very session, and the requests
 * for access that concern them. To be asked after `authenticate`. No policy decides on it: it is about who asks.
 *
 * @throws NOT_FOUND, ORIGIN_NOT_ALLOWED, and as `accessRequests` does
 * @throws RATE_LIMITED, TOO_MANY_REQUESTS, DRAINING (a retry can help)
 */
export function ownService(
  accessOf: AccessOf,
  versionFor: VersionFor,
  requests: Omit<Parameters<typeof accessRequests>[0], 'follow'>,
): Handle {
  const buckets = new RateBuckets(asked)
  const onRequests = accessRequests({
    ...requests,
    follow(tunnel, end) {
      expectRoom(tunnel)
      return tunnel.activity.follow({ more() {}, end })
    },
  })
  return async (exchange) => {
    const { request, response, upgrade, tunnel, principal, id } = exchange
    if (!tunnel || !principal) throw new JetwayError('UNAUTHENTICATED')
    // It has no local port, so no page of a browser has any business here.
    if (request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined)
      throw new JetwayError('ORIGIN_NOT_ALLOWED')
    const { method, url } = request
    const isOnRequests = accessRequestRoute(method, url) !== null
    const isTold = method === 'GET' && (url === '/access' || url === '/activity')
    if (upgrade || (!isTold && !isOnRequests)) return false
    spend(buckets, tunnel)
    if (isOnRequests) return onRequests(exchange)
    if (url === '/access') {
      const access = accessOf(principal, Date.now())
      const held = requests.approved.held(principal, requests.rules)
      const versions = await Promise.all(
        access.services.map(({ name }) => versionFor(exchange, principal, name)),
      )
      const services = access.services.map((service, i) => ({
        ...service,
        grants: service.grants.map((grant) => withEnd(grant, held.get(grant.policy))),
        version: versions[i] ?? null,
      }))
      response.setHeader('x-request-id', id)
      return answerJson(response, 200, { ...access, relayVersion: version, services })
    }
    expectRoom(tunnel)
    sendActivity(tunnel.activity, response, id)
    return true
  }
}

/** What was approved for a while ends with that. */
function withEnd<G extends { readonly until: string | null }>(
  grant: G,
  request: AccessRequest | undefined,
): G {
  return request ? { ...grant, until: new Date(overAt(request) * 1000).toISOString() } : grant
}

/** For another answer that goes on. */
function expectRoom({ activity }: TunnelSession): void {
  if (activity.isEnded) throw new JetwayError('DRAINING')
  if (activity.followers >= mostFeeds) throw new JetwayError('TOO_MANY_REQUESTS', { limit: mostFeeds })
}

function spend(buckets: RateBuckets, { id }: TunnelSession): void {
  const retryAfterSeconds = buckets.take(id, performance.now())
  if (retryAfterSeconds === 0) return
  const limit = `${asked.requests} times in ${asked.perSeconds} s`
  throw new JetwayError('RATE_LIMITED', { limit, retryAfterSeconds })
}
