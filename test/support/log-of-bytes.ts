import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Answers a request for the log `/…/logs/<bytes>` with so many bytes, no faster than they are taken.
 *
 * @param block what they are made of, again and again
 * @returns false for any other request
 */
export function answerLog(request: IncomingMessage, response: ServerResponse, block: Buffer): boolean {
  const [, bytes] = /logs\/(\d+)/.exec(request.url ?? '') ?? []
  if (bytes === undefined) return false
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': bytes })
  let left = Number(bytes)
  const more = () => {
    while (left > 0) {
      const part = block.subarray(0, Math.min(left, block.length))
      left -= part.length
      if (!response.write(part)) {
        response.once('drain', more)
        return
      }
    }
    response.end()
  }
  more()
  return true
}
