import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type Principal, principalKey } from '../../identity/principal.ts'
import type { Admission, Claim, Priority } from '../admission.ts'
import type { Exchange, Handler } from '../exchange.ts'

/**
 * Lets as much through to a service as it takes at once; the rest waits its turn, for some time and to some number.
 *
 * @param queues by name of the service
 * @throws OVERLOADED, TOO_MANY_REQUESTS (a retry can help)
 */
export function admit(queues: ReadonlyMap<string, Admission>): Handler {
  return (next) => (exchange) => {
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
