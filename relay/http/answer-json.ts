import type { ServerResponse } from 'node:http'

/** Answers with JSON that nobody may keep. @param body a value, or JSON that was made before */
export function answerJson(response: ServerResponse, status: number, body: object | string): true {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  response.end(response.req.method === 'HEAD' ? undefined : text)
  return true
}
