import { NetworkError } from './network-error.ts'

/** What a proxy may say before the tunnel, in bytes. */
export const maxHeadBytes = 16_384

const statusLine = /^HTTP\/1\.[01] ([2-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/
const fieldLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/

/**
 * Reads a proxy's answer to CONNECT (RFC 9110 §9.3.6) from what has come so far.
 *
 * @returns its status and the bytes after its head; null while the head is not complete
 * @throws NetworkError when it is no head of HTTP/1, or longer than `maxHeadBytes`
 */
export function readConnectAnswer(received: Buffer): { status: number; rest: Buffer } | null {
  const end = received.subarray(0, maxHeadBytes).indexOf('\r\n\r\n')
  if (end < 0) {
    const begun = received.subarray(0, 7).toString('latin1')
    if (!'HTTP/1.'.startsWith(begun) || received.length >= maxHeadBytes) throw notAProxy()
    return null
  }
  const [first = '', ...fields] = received.subarray(0, end).toString('latin1').split('\r\n')
  const [, status] = statusLine.exec(first) ?? []
  if (status === undefined || !fields.every((line) => fieldLine.test(line))) throw notAProxy()
  return { status: Number(status), rest: received.subarray(end + 4) }
}

function notAProxy(): NetworkError {
  return new NetworkError('what answers there is no HTTP proxy')
}
