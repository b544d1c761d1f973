/** The thread of health.ts: answers by what it was told last, and by how long ago that was. */
import { createServer } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import type { HealthConfig } from '#shared/config/observe.ts'
import { answerJson } from '../http/answer-json.ts'
import { type Readiness, readinessAnswer } from './readiness.ts'

const { host, port, stalledSeconds } = workerData as HealthConfig
let told = performance.now()
let readiness: Readiness = { accepting: false, provider: false, audit: false }
parentPort?.on('message', (next: Readiness) => {
  told = performance.now()
  readiness = next
})

function answerTo(url: string | undefined): { readonly status: number; readonly body: string } {
  if (url !== '/healthz' && url !== '/readyz') return { status: 404, body: '{"status":"not found"}' }
  if (performance.now() - told > stalledSeconds * 1000) return { status: 503, body: '{"status":"stalled"}' }
  return url === '/readyz' ? readinessAnswer(readiness) : { status: 200, body: '{"status":"ok"}' }
}

const server = createServer((request, response) => {
  const asks = request.method === 'GET' || request.method === 'HEAD'
  const { status, body } = asks ? answerTo(request.url) : { status: 405, body: '{"status":"not allowed"}' }
  answerJson(response, status, body)
})
server.once('error', ({ code }: NodeJS.ErrnoException) => parentPort?.postMessage(code))
server.listen(port, host, () => parentPort?.postMessage(null))
