/**
 * `node pipe.ts near <port> <host:port> <ca>`: plain TCP in, TLS out. `node pipe.ts far <host:port> <host:port> <cert> <key>`:
 * TLS in, plain TCP out. One connection for each, and Node’s own streams from one to the other.
 */
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { createServer as createTlsServer, connect as tlsConnect } from 'node:tls'

const [side, listen, target, ...files] = process.argv.slice(2) as [string, string, string, ...string[]]
const [ca = '', key = ''] = files.map((file) => readFileSync(file, 'utf8'))
const { host, port } = addressOf(target)

function addressOf(text: string): { host: string; port: number } {
  const [, host = '127.0.0.1', port] = /^(?:(.+):)?(\d+)$/.exec(text) ?? []
  return { host, port: Number(port) }
}

function join(a: Socket, b: Socket): void {
  for (const socket of [a, b]) socket.setNoDelay(true)
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const)
    pipeline(from, to, () => {})
}

const server =
  side === 'near'
    ? createServer({ allowHalfOpen: true }, (near) =>
        join(near, tlsConnect({ host, port, ca, servername: 'localhost' })),
      )
    : createTlsServer({ cert: ca, key, allowHalfOpen: true }, (far) =>
        join(far, connect({ host, port, allowHalfOpen: true })),
      )
server.listen(addressOf(listen))
