import type { Principal } from '../../identity/principal.ts'
import type { Handler } from '../exchange.ts'

/** From here on who asks is in the groups that were approved for them, and in no other of that kind. */
export function approved(of: (principal: Principal) => Principal): Handler {
  return (next) => (exchange) => {
    if (exchange.principal) exchange.principal = of(exchange.principal)
    return next(exchange)
  }
}
