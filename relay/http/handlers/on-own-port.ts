import type { Handler } from '../exchange.ts'

/** Keeps what the relay answers itself off the listeners of balancers, where every path is the service's. */
export function onOwnPort(handler: Handler): Handler {
  return (next) => {
    const own = handler(next)
    return (exchange) => (exchange.entrance ? next(exchange) : own(exchange))
  }
}
