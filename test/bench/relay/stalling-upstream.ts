/**
 * `node stalling-upstream.ts <port>`: takes triggers and does not answer them, until a line on stdin says so; sends logs
 * without end as fast as they are taken. Says on stdout how many bytes of them it has sent, for each line.
 */
import { createServer, type ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'

const block = Buffer.alloc(65_536, 'x')
const stalled: ServerResponse[] = []
let isStalled = true
let sentBytes = 0

createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume()
  if (request.url?.includes('/logs/')) sendWithoutEnd(response)
  else if (isStalled && request.method === 'POST') stalled.push(response)
  else response.end('{"dag_run_id":"r"}')
}).listen(Number(process.argv[2]), '127.0.0.1')

createInterface({ input: process.stdin }).on('line', () => {
  isStalled = false
  for (const response of stalled.splice(0)) response.end('{"dag_run_id":"r"}')
  process.stdout.write(`${sentBytes}\n`)
})

function sendWithoutEnd(response: ServerResponse): void {
  const more = () => {
    do sentBytes += block.length
    while (!response.destroyed && response.write(block))
  }
  response.on('drain', more)
  more()
}
