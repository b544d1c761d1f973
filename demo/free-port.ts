import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** A port on 127.0.0.1 that nobody listens on: `wanted`, or the next free one; any where 0 is wanted. */
export async function freePort(wanted = 0): Promise<number> {
  for (let port = wanted; port <= 65_535; port += 1) {
    const server = createServer()
    try {
      server.listen({ host: '127.0.0.1', port, exclusive: true })
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    } catch {
      // Taken: the next one.
    } finally {
      server.close()
    }
  }
  throw new Error(`no free port from ${wanted} on`)
}
