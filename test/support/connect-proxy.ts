import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

/** A proxy that opens tunnels to one port of this machine, whatever name it is asked for, and may misbehave. */
export interface ConnectProxy {
  readonly port: number
  /** The heads of the requests that came. */
  readonly requests: string[]
  /** Connections of clients that are open. */
  readonly clients: ReadonlySet<Socket>
  /** What it answers, byte for byte, before it ends; null for a tunnel. */
  answer: ((request: string, client: Socket) => string | null) | null
  close(): Promise<void>
}

/**
 * @param to the port on 127.0.0.1 where its tunnels end
 * @param tls for an https:// proxy
 */
export async function startConnectProxy(
  to: number,
  tls: { cert: string; key: string } | null = null,
): Promise<ConnectProxy> {
  const clients = new Set<Socket>()
  const onClient = (client: Socket) => {
    clients.add(client)
    client.once('close', () => clients.delete(client)).on('error', () => {})
    let request = ''
    const read = (chunk: Buffer) => {
      request += chunk.toString('latin1')
      if (!request.includes('\r\n\r\n')) return
      client.off('data', read)
      proxy.requests.push(request)
      const answer = proxy.answer === null ? null : proxy.answer(request, client)
      if (answer !== null) return void client.end(answer, 'latin1')
      tunnel(client, to)
    }
    client.on('data', read)
  }
  const server = tls ? createTlsServer(tls, onClient) : createServer(onClient)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: ConnectProxy = {
    port: (server.address() as AddressInfo).port,
    requests: [],
    clients,
    answer: null,
    async close() {
      server.close()
      for (const client of clients) client.destroy()
      if (server.listening) await once(server, 'close')
    },
  }
  return proxy
}

function tunnel(client: Socket, port: number): void {
  const target = connect(port, '127.0.0.1')
  target.once('connect', () => {
    // A byte at a time: the client has to put the head together.
    for (const byte of 'HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n') client.write(byte)
    client.pipe(target).pipe(client)
  })
  target.on('error', () => client.destroy())
  client.once('close', () => target.destroy())
  target.once('close', () => client.destroy())
}
