import type { IncomingMessage } from 'node:http'

/** Whether a body is said to be of this type, whatever its parameters (RFC 9110 §8.3.1). @param type in lower case */
export function isMediaType({ headers }: Pick<IncomingMessage, 'headers'>, type: string): boolean {
  const [said = ''] = (headers['content-type'] ?? '').split(';', 1)
  return said.trim().toLowerCase() === type
}
