import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Exchange } from './exchange.ts'
import { respondProblem } from './problem-response.ts'

/** Ends a request from outside its chain: with the reason where it has no answer yet, else in the middle of it. */
export function endExchange(exchange: Exchange, error: JetwayError): void {
  exchange.error = error
  const { request, response, id } = exchange
  if (response.headersSent || hasSwitched(exchange)) response.destroy()
  else exchange.sentBytes += respondProblem(request, response, error, id)
}

/** After 101 (RFC 9110 §15.2.2) the connection is not HTTP's any more. */
export function hasSwitched({ upgrade, response }: Exchange): boolean {
  return upgrade !== null && response.statusCode === 101
}
