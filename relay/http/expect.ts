import type { Exchange } from './exchange.ts'

/** Says that the body may come, to a client that waits for it (RFC 9110 §10.1.1). */
export function askForBody({ request, response }: Exchange): void {
  if (request.headers.expect !== undefined && request.httpVersion === '1.1') response.writeContinue()
}
