import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** Counts what reaches it, and says in its answers under which key and role that came. */
export interface SwapUpstream {
  readonly url: string
  /** How often each `x-load-id` came. */
  readonly reached: ReadonlyMap<string, number>
  /** Connections that are open now. */
  readonly connections: ReadonlySet<Socket>
  close(): void
}

const slowChunks = 15
const slowEveryMs = 100

export async function startSwapUpstream(): Promise<SwapUpstream> {
  const reached = new Map<string, number>()
  const connections = new Set<Socket>()
  const server = createServer((request, response) => {
    const id = request.headers['x-load-id'] as string | undefined
    if (id !== undefined) reached.set(id, (reached.get(id) ?? 0) + 1)
    response.setHeader('x-seen', seenOf(request.headers.authorization))
    request.resume().once('end', () => {
      if (!request.url?.includes('/logs/')) {
        response.end('{}')
        return
      }
      let left = slowChunks
      const timer = setInterval(() => {
        response.write('x'.repeat(1000))
        left -= 1
        if (left > 0) return
        clearInterval(timer)
        response.end()
      }, slowEveryMs)
    })
  })
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached,
    connections,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** `<key id> <role>` of the token that the relay made. */
function seenOf(authorization = 'Bearer e30.e30.'): string {
  const [header = '', claims = ''] = authorization.slice('Bearer '.length).split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  return `${read(header).kid} ${read(claims).role}`
}
