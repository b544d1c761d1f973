/** What is behind everything that is measured: small answers, a stream down, and a stream up. */
import { createServer } from 'node:http'

const small = Buffer.from(
  JSON.stringify({ version: '3.3.2', git_version: '.release:0123456789abcdef', pad: 'x'.repeat(180) }),
)
const block = Buffer.alloc(65_536, 'x')

const server = createServer((request, response) => {
  const [, bytes] = /logs\/(\d+)/.exec(request.url ?? '') ?? []
  if (bytes !== undefined) {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': bytes })
    let left = Number(bytes)
    const more = () => {
      while (left > 0) {
        const part = block.subarray(0, Math.min(left, block.length))
        left -= part.length
        if (!response.write(part)) {
          response.once('drain', more)
          return
        }
      }
      response.end()
    }
    more()
    return
  }
  request.resume()
  request.once('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': small.length })
    response.end(small)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address ? address.port : ''}\n`)
})
