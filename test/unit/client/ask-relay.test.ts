import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askAccess, askRelay } from '#client/ask-relay.ts'
import type { Access } from '#shared/ipc/access.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** A relay that answers anything. */
let server: ToldUpstream
const relay = { openToRelay: () => connect(Number(new URL(server.url).port), '127.0.0.1') }

beforeAll(async () => {
  server = await startToldUpstream()
})
afterAll(() => server?.close())

const good: Access = {
  person: { kind: 'person', name: 'ana', email: null, groups: [], groupsProblem: null },
  contact: 'Ask us.',
  services: [],
  forbids: [],
  otherPolicies: 0,
  omitted: 0,
}
const mostBytes = 1_048_576

function answerWith(body: string, status = 200): void {
  server.answer = (_request, response) => response.writeHead(status).end(body)
}

test('it is asked by its own name, and what it answers besides is left out', async () => {
  let asked: unknown
  server.answer = ({ url, method, headers }, response) => {
    asked = { url, method, host: headers.host, authorization: headers.authorization }
    response.end(JSON.stringify({ ...good, more: 1 }))
  }
  expect(await askAccess(relay)).toEqual(good)
  expect(asked).toEqual({ url: '/access', method: 'GET', host: 'jetway', authorization: undefined })
})

test('an answer has at most 1 MiB', async () => {
  const text = JSON.stringify(good)
  answerWith(text + ' '.repeat(mostBytes - text.length))
  expect(await askAccess(relay)).toEqual(good)
  answerWith(text + ' '.repeat(mostBytes - text.length + 1))
  await expect(askAccess(relay)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
})

test.each([
  ['no JSON', '<html>', 200],
  ['another form', JSON.stringify({ ...good, services: null }), 200],
  ['a text that is too long', JSON.stringify({ ...good, contact: 'x'.repeat(1025) }), 200],
  ['a count below nothing', JSON.stringify({ ...good, omitted: -1 }), 200],
  ['a refusal without words', '', 500],
  ['a refusal with a code of its own', JSON.stringify({ code: 'NEW', detail: 'x', action: 'x' }), 400],
  [
    'a refusal with a code of JavaScript’s',
    JSON.stringify({ code: 'constructor', detail: '', action: '' }),
    400,
  ],
  ['a redirect', '', 302],
])('%s is no answer', async (_what, body, status) => {
  answerWith(body, status)
  await expect(askAccess(relay)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
})

test('a refusal is told in the relay’s words, not more of them than people read', async () => {
  answerWith(JSON.stringify({ code: 'RATE_LIMITED', detail: 'x'.repeat(5000), action: 'Wait.' }), 429)
  const refusal = await askRelay(relay, '/access', new AbortController().signal).catch((error) => error)
  expect(refusal).toMatchObject({ code: 'RATE_LIMITED', action: 'Wait.' })
  expect(refusal.message).toHaveLength(4096)
})

test('one that cuts the answer off has not answered', async () => {
  server.answer = (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('{')
    response.destroy()
  }
  await expect(askAccess(relay)).rejects.toMatchObject({ code: 'STREAM_RESET' })
})
