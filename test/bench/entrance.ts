/**
 * `node entrance.ts <host> <port> <https port> <cert> <key> <target port>`: where the near side reaches what listens on
 * 127.0.0.1 of the far side, plainly and over TLS. It only carries bytes.
 */
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

const [host, port, httpsPort, cert = '', key = '', target] = process.argv.slice(2)

function carry(socket: Socket): void {
  const onward = connect({ port: Number(target), host: '127.0.0.1', noDelay: true })
  socket.setNoDelay(true)
  for (const [from, to] of [
    [socket, onward],
    [onward, socket],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy())
  }
}

createServer(carry).listen(Number(port), host)
createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, carry).listen(Number(httpsPort), host)
