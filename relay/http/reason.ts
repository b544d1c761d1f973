import type { IncomingMessage } from 'node:http'

const header = 'x-jetway-reason'

/** How long a reason may be, in characters. */
export const maxReasonChars = 500

/** Why something is done, as the header X-Jetway-Reason says; null where it is missing, no UTF-8, or not to be shown. */
export function reasonOf({ headers }: IncomingMessage): string | null {
  const value = headers[header]
  if (typeof value !== 'string') return null
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1')).trim()
    return text !== '' && text.length <= maxReasonChars && !/\p{Cc}/u.test(text) ? text : null
  } catch {
    return null
  }
}
