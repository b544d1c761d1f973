import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Between a client and a relay: a TCP proxy whose connections can be broken. */
export interface CutProxy {
  readonly port: number
  /** How many connections were made so far. */
  readonly connections: number
  /** `reset`: both ends get an RST. `black hole`: nothing passes any more, and nobody is told. */
  cut(how: 'reset' | 'black hole'): void
  /** Whether new connections are refused. */
  refusing: boolean
  close(): Promise<void>
}

export async function startCutProxy(target: number): Promise<CutProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let connections = 0
  const server = createServer((from) => {
    if (proxy.refusing) {
      from.resetAndDestroy()
      return
    }
    connections += 1
    const to = connect(target, '127.0.0.1')
    const pair = [from, to] as const
    pairs.add(pair)
    for (const [one, other] of [pair, [to, from] as const]) {
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        other.destroy()
        pairs.delete(pair)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: CutProxy = {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    refusing: false,
    cut(how) {
      for (const pair of pairs) {
        for (const socket of pair) {
          if (how === 'reset') {
            socket.resetAndDestroy()
          } else {
            socket.unpipe()
            socket.pause()
          }
        }
      }
    },
    async close() {
      server.close()
      for (const pair of pairs) for (const socket of pair) socket.destroy()
      await once(server, 'close')
    },
  }
  return proxy
}
