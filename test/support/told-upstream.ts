import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An HTTP server that answers as it is told. */
export interface ToldUpstream {
  readonly server: Server
  readonly url: string
  /** What it does with the requests from now on. */
  answer: RequestListener
  close(): void
}

export async function startToldUpstream(): Promise<ToldUpstream> {
  const server = createServer((request, response) => upstream.answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream: ToldUpstream = {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (_request, response) => response.end('{}'),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return upstream
}
