import type { RequestLimits } from '#shared/config/request-limits.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type Principal, principalKey } from '../../identity/principal.ts'
import type { Admission, AdmissionLimits, Claim, Priority } from '../admission.ts'
import type { Exchange, Handle, Handler } from '../exchange.ts'

/**
 * Lets as much through to a service as it takes at once; the rest waits its turn, for some time and to some number. A
 * request whose body is read here waits before that, so that nothing of it is held meanwhile. All others wait when it is
 * known that they have to go to the upstream.
 *
 * @param queues by name of the service
 * @throws OVERLOADED, TOO_MANY_REQUESTS (a retry can help)
 */
export function admit(queues: ReadonlyMap<string, Admission>): {
  readonly beforeBody: Handler
  readonly beforeUpstream: Handler
} {
  const pass = (exchange: Exchange, next: Handle) => {
    const { principal, response } = exchange
    const queue = queues.get(exchange.serviceName ?? '')
    if (!queue || !principal) throw new JetwayError('INTERNAL')
    // Nothing would say that it has ended.
    if (response.destroyed) throw new JetwayError('STREAM_RESET')
    const claim = claimOf(exchange, principal)
    const entered = () => response.once('close', () => queue.leave(claim))
    if (queue.enter(claim)) {
      entered()
      return next(exchange)
    }
    exchange.stage = 'queue'
    return turn(exchange, queue, claim, entered).then(() => next(exchange))
  }
  return {
    beforeBody: (next) => (exchange) => (readsBody(exchange) ? pass(exchange, next) : next(exchange)),
    beforeUpstream: (next) => (exchange) => (readsBody(exchange) ? next(exchange) : pass(exchange, next)),
  }
}

/** @param connections what the service takes at once */
export function admissionLimits(requests: RequestLimits, connections: number): AdmissionLimits {
  return {
    total: connections,
    perPrincipal: requests.perPrincipal ?? Math.ceil(connections / 2),
    perRoute: requests.perRoute ?? Math.ceil((connections * 3) / 4),
    waiting: requests.waiting,
    waitingPerPrincipal: requests.waitingPerPrincipal,
    maxWaitMs: requests.maxWaitSeconds * 1000,
  }
}

function readsBody({ resolved }: Exchange): boolean {
  return resolved !== null && resolved.operation.body !== null
}

/** @param entered called at once when it counts as under way, so that its end is not missed */
function turn({ response }: Exchange, queue: Admission, claim: Claim, entered: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let leave = () => {}
    const wentAway = () => {
      leave()
      reject(new JetwayError('STREAM_RESET'))
    }
    response.once('close', wentAway)
    leave = queue.wait(claim, {
      onAdmitted() {
        response.off('close', wentAway)
        entered()
        resolve()
      },
      onRefused(error) {
        response.off('close', wentAway)
        reject(error)
      },
    })
  })
}

function claimOf({ resolved }: Exchange, principal: Principal): Claim {
  return {
    principal: principalKey(principal),
    route: resolved?.operation.id ?? '',
    priority: priorityOf(principal),
  }
}

function priorityOf({ act, kind }: Principal): Priority {
  return act ? 'agent' : kind
}
