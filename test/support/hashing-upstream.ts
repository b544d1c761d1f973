/**
 * An upstream that can tell what reached it: downloads of known bytes, digests of uploads, and how often each thing was
 * asked for. Says its port.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { knownBlock } from './known-bytes.ts'
import { answerLog } from './log-of-bytes.ts'

const asked = { downloads: 0, uploads: 0, triggers: 0 }

const server = createServer((request, response) => {
  const json = (value: object) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
  if (answerLog(request, response, knownBlock)) {
    asked.downloads += 1
    return
  }
  const hash = createHash('sha256')
  request.on('data', (chunk) => hash.update(chunk))
  request.once('end', () => {
    if (request.method === 'GET') {
      json(asked)
    } else if (request.url?.endsWith('/favorite')) {
      asked.uploads += 1
      json({ sha256: hash.digest('hex') })
    } else {
      asked.triggers += 1
      json({ dag_run_id: `run-${asked.triggers}` })
    }
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
