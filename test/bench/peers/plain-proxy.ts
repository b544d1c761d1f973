/**
 * `node plain-proxy.ts <port> <upstream> [<host> <cert> <key>]`: what Node itself costs. Forwards with undici, over TLS
 * where it is given a certificate, and checks nothing.
 */
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Pool } from 'undici'

const [port, upstream, host = '127.0.0.1', cert, key] = process.argv.slice(2) as [string, string, ...string[]]
const pool = new Pool(upstream, { connections: 64, pipelining: 1 })

const forward: RequestListener = (request, response) => {
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
}

const options = { keepAliveTimeout: 75_000 }
const server =
  cert !== undefined && key !== undefined
    ? createTlsServer({ ...options, cert: readFileSync(cert), key: readFileSync(key) }, forward)
    : createServer(options, forward)
server.listen(Number(port), host)
