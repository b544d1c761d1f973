import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AccessRequestFeed } from '#client/access-request-feed.ts'
import { changeAccessRequest } from '#client/ask-relay.ts'
import { Watches } from '#client/engine/watches.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { AccessRequests } from '#shared/ipc/access-requests.ts'
import { accessRequest, noRequests } from '../../support/access-requests.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** A relay that answers anything. */
let server: ToldUpstream
let asked = 0
const relay = {
  openToRelay() {
    asked += 1
    return connect(Number(new URL(server.url).port), '127.0.0.1')
  },
}

beforeAll(async () => {
  server = await startToldUpstream()
})
afterAll(() => server?.close())

const request = accessRequest()
const ask = () => changeAccessRequest(relay, '', { policy: 'x', reason: 'y', seconds: 1 })

test('what changes something is sent once, whole, by the relay’s own name', async () => {
  let got: unknown
  server.answer = async (incoming, response) => {
    const { method, url, headers } = incoming
    let body = ''
    for await (const chunk of incoming) body += chunk
    got = { method, url, host: headers.host, type: headers['content-type'], body: JSON.parse(body) }
    response.writeHead(201).end(JSON.stringify(request))
  }
  expect(await ask()).toEqual(request)
  const body = { policy: 'x', reason: 'y', seconds: 1 }
  expect(got).toEqual({
    method: 'POST',
    url: '/access-requests',
    host: 'jetway',
    type: 'application/json',
    body,
  })
})

test.each([
  ['is cut off before the answer', (socket: { destroy(): void }) => socket.destroy(), null],
  ['answers something else', null, '{}'],
  ['answers no JSON', null, '<html>'],
])('where it %s nobody knows, and it is not sent again', async (_what, cut, body) => {
  asked = 0
  server.answer = (incoming, response) => {
    incoming.resume()
    incoming.once('end', () => (cut ? cut(incoming.socket) : response.end(body)))
  }
  await expect(ask()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', entry: { retry: false } })
  expect(asked).toBe(1)
})

test('what the relay refuses is said in its words; what was not sent was not done', async () => {
  const problem = problemOf(new JetwayError('ACCESS_REQUEST_OVER', { state: 'denied' }))
  server.answer = (_incoming, response) => response.writeHead(409).end(JSON.stringify(problem))
  await expect(ask()).rejects.toMatchObject({ code: 'ACCESS_REQUEST_OVER', message: problem.detail })
  const gone = {
    openToRelay() {
      throw new JetwayError('TOO_MANY_STREAMS')
    },
  }
  await expect(changeAccessRequest(gone, '', {})).rejects.toMatchObject({ code: 'TOO_MANY_STREAMS' })
})

/** What a feed tells until it has told so many, or is refused. */
function told(count: number): Promise<AccessRequests[] | JetwayError> {
  const all: AccessRequests[] = []
  return new Promise((resolve) => {
    const feed = new AccessRequestFeed(relay, {
      onTold(requests) {
        all.push(requests)
        if (all.length < count) return
        feed.close()
        resolve(all)
      },
      onRefused: resolve,
    })
  })
}

test('a stream that ends is asked for again; one that is no such stream is not', async () => {
  server.answer = (_incoming, response) => response.end(`${JSON.stringify(noRequests)}\n`)
  expect(await told(2)).toEqual([noRequests, noRequests])
  for (const body of ['{}\n', `${JSON.stringify({ ...noRequests, mine: [{}] })}\n`, 'x'.repeat(1_048_577)]) {
    server.answer = (_incoming, response) => response.end(body)
    expect(await told(1)).toMatchObject({ code: 'PROTOCOL_ERROR' })
  }
})

const tunnel = Object.assign(relay, { isAttached: true, closed: new Promise(() => {}), traffic: {} })

test('a relay from before there were requests is named, whatever is asked', async () => {
  const missing = problemOf(new JetwayError('NOT_FOUND', { path: '/access-requests/feed' }))
  server.answer = (_incoming, response) => response.writeHead(404).end(JSON.stringify(missing))
  for (const tells of [true, false]) {
    const watches = new Watches('prod')
    watches.opened(tunnel as unknown as Tunnel, tells)
    const refused = { code: 'NO_ACCESS_REQUESTS', message: expect.stringContaining('prod') }
    const watch = watches.watchAccessRequests(() => true)
    await expect(watch.recent).rejects.toMatchObject(refused)
    watch.end()
    await expect(watches.requestAccess({ policy: 'x', reason: 'y', seconds: 1 })).rejects.toMatchObject(
      refused,
    )
    await expect(watches.endAccessRequest('0199c2f4-7a1e-7c3b-9d2e-000000000001')).rejects.toMatchObject(
      refused,
    )
  }
})

test('who does not take what is told is told again, as it is then', async () => {
  let send = (_requests: AccessRequests): void => {}
  server.answer = (_incoming, response) => {
    send = (requests) => void response.write(`${JSON.stringify(requests)}\n`)
    send(noRequests)
  }
  const watches = new Watches('prod')
  watches.opened(tunnel as unknown as Tunnel, true)
  const taken: number[] = []
  let isSlow = false
  let done = () => {}
  const watch = watches.watchAccessRequests(({ omitted }) => {
    if (isSlow) return false
    taken.push(omitted)
    if (omitted === 3) done()
    return true
  })
  await watch.recent
  isSlow = true
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  for (const omitted of [1, 2, 3]) send({ ...noRequests, omitted })
  const late = watches.watchAccessRequests(() => true)
  await late.recent
  isSlow = false
  await all
  expect(taken).toEqual([3])
  for (const one of [watch, late]) one.end()
})
