/** `node listen.ts <port>`: listens on 127.0.0.1 where it runs, hands the socket to its parent, and ends. */
import { createServer } from 'node:net'

const server = createServer().listen(Number(process.argv[2]), '127.0.0.1', () => {
  process.send?.('listening', server, {}, () => process.exit())
})
