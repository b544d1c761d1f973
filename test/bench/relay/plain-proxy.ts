/** `node plain-proxy.ts <port> <upstream>`: what Node itself costs. Forwards with undici, and checks nothing. */
import { createServer } from 'node:http'
import { Pool } from 'undici'

const [port, upstream] = process.argv.slice(2) as [string, string]
const pool = new Pool(upstream, { connections: 64, pipelining: 1 })

createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  pool.dispatch(
    {
      method: request.method as 'GET',
      path: request.url as string,
      headers: request.headers,
      body: request.headers['content-length'] === undefined ? null : request,
    },
    {
      onRequestStart() {},
      onResponseStart(controller, status) {
        const raw = (controller.rawHeaders as Buffer[]).map(String)
        response.writeHead(status, raw)
      },
      onResponseData(controller, chunk) {
        if (response.write(chunk)) return
        controller.pause()
        response.once('drain', () => controller.resume())
      },
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  )
}).listen(Number(port), '127.0.0.1')
