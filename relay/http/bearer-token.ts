import type { IncomingMessage } from 'node:http'

/** The token of a request (RFC 6750 §2.1, the header form only); null where it brings none. */
export function bearerTokenOf({ headers }: IncomingMessage): string | null {
  return /^Bearer ([^\s,]+)$/i.exec(headers.authorization ?? '')?.[1] ?? null
}
