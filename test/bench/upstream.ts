/**
 * What is behind everything that is measured: small answers, a stream down, and a stream up.
 * `node upstream.ts <host> <port> <https port> <certificate> <key>`
 */
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { answerLog } from '../support/log-of-bytes.ts'

const small = Buffer.from(
  JSON.stringify({ version: '3.3.2', git_version: '.release:0123456789abcdef', pad: 'x'.repeat(180) }),
)
const block = Buffer.alloc(65_536, 'x')

const answer: RequestListener = (request, response) => {
  if (answerLog(request, response, block)) return
  request.resume()
  request.once('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': small.length })
    response.end(small)
  })
}

const [host, port, httpsPort, cert, key] = process.argv.slice(2) as [string, string, string, string, string]
const options = { keepAliveTimeout: 60_000, requestTimeout: 0 }
createServer(options, answer).listen(Number(port), host)
createHttpsServer({ ...options, cert: readFileSync(cert), key: readFileSync(key) }, answer).listen(
  Number(httpsPort),
  host,
)
