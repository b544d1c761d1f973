import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { AccessRequest } from '#shared/ipc/access-requests.ts'
import { AccessRequestsReader } from '#shared/ipc/access-requests-lines.ts'
import { sendAccessRequests } from '../../../../relay/access-requests/feed.ts'
import { eventually } from '../../../support/eventually.ts'

const request: AccessRequest = {
  id: '1',
  policy: 'request:data-eng:user:*',
  role: 'user',
  dags: ['*'],
  tags: null,
  name: 'ana@example.com',
  email: null,
  reason: 'x'.repeat(500),
  seconds: 60,
  state: 'waiting',
  askedAt: '2026-11-25T10:30:00.000Z',
  until: null,
  decision: null,
  endedBy: null,
}

test('whoever reads slowly is told the latest, and nothing piles up for them', async () => {
  let count = 0
  let isListening = true
  let change = () => {}
  let sending: ServerResponse | null = null
  const server = createServer((_request, response) => {
    sending = response
    sendAccessRequests({
      response,
      id: 'one',
      tell: () => ({ requestable: [], mine: [], toDecide: Array(1000).fill(request), omitted: count }),
      listen(listener) {
        change = listener
        return () => {
          isListening = false
        }
      },
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const asked = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  for (const one of [asked, response]) one.on('error', () => {})
  const waiting = () => sending?.writableLength ?? 0
  // Until there is a line that nobody takes.
  await eventually('there is no room', async () => {
    count += 1
    change()
    return waiting() > 500_000
  })
  const full = waiting()
  for (let i = 0; i < 20; i += 1) {
    count += 1
    change()
  }
  expect(waiting()).toBeLessThanOrEqual(full)
  const reader = new AccessRequestsReader()
  const seen: number[] = []
  response.on('data', (chunk: Buffer) => seen.push(...reader.push(chunk).map(({ omitted }) => omitted)))
  await eventually('the latest was told', async () => seen.at(-1) === count, 10_000)
  expect(seen.length).toBeLessThan(count)
  response.destroy()
  await eventually('nobody listens any more', async () => !isListening)
  server.close()
})
