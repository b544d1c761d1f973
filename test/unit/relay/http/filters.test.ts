import { once } from 'node:events'
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createFilters, filterConfig } from '../../../../relay/http/filters/filters.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** Each kind of filter in a relay of its own: what it lets through and what it refuses. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay | null = null
let bearer: string

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  bearer = `Bearer ${await provider.token()}`
})
afterEach(async () => {
  await relay?.close()
  relay = null
})
afterAll(async () => {
  upstream?.close()
  await provider?.close()
})

const dags = '/api/v2/dags'
const runs = '/api/v2/dags/hello/dagRuns'

async function withFilters(...filters: object[]): Promise<void> {
  relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'data-eng', role: 'user' },
        { group: 'ops', role: 'op' },
      ],
    },
    filters,
  })
}

async function ask(
  path: string,
  o: { method?: string; headers?: OutgoingHttpHeaders; body?: string | Iterable<string>; as?: string } = {},
) {
  const sent = request(`${relay?.url}${path}`, {
    method: o.method ?? (o.body === undefined ? 'GET' : 'POST'),
    headers: { authorization: o.as ?? bearer, 'content-type': 'application/json', ...o.headers },
    agent: false,
  })
  if (typeof o.body === 'object') for (const part of o.body) sent.write(part)
  // As bytes: with a string, the head would leave in the string's encoding.
  sent.end(typeof o.body === 'string' ? Buffer.from(o.body) : undefined)
  const [response] = await once(sent, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return {
    status: response.statusCode as number,
    headers: response.headers as IncomingHttpHeaders,
    problem: (response.statusCode >= 400 ? JSON.parse(text) : null) as null | Record<string, unknown>,
  }
}

const lastRecord = async () => {
  await relay?.auditLog.flush()
  return (await relay?.records())?.at(-1)
}

test('header-set and header-remove change both directions', async () => {
  await withFilters(
    { type: 'header-set', name: 'X-Team', value: 'data' },
    { type: 'header-remove', name: 'Accept-Language' },
    { type: 'header-set', on: 'response', name: 'X-Frame-Options', value: 'DENY' },
    { type: 'header-remove', on: 'response', name: 'Server' },
  )
  let seen: IncomingHttpHeaders = {}
  upstream.answer = (incoming, response) => {
    seen = incoming.headers
    response.setHeader('server', 'gunicorn').setHeader('x-frame-options', 'SAMEORIGIN').end('{}')
  }
  const { headers } = await ask(dags, { headers: { 'x-team': 'mine', 'accept-language': 'de' } })
  expect(seen).toMatchObject({ 'x-team': 'data' })
  expect(seen).not.toHaveProperty('accept-language')
  expect(headers).toMatchObject({ 'x-frame-options': 'DENY' })
  expect(headers).not.toHaveProperty('server')
})

test.each([
  ...['Authorization', 'Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'X-Forwarded-For'],
  ...['Cookie', 'X-Remote-User', 'remote_user', 'X-Jetway-Assertion', 'Upgrade', 'Content-Type', 'Forwarded'],
])('%s is not a filter’s to touch in a request', (name) => {
  for (const entry of [
    { type: 'header-set', name, value: '1' },
    { type: 'header-remove', name },
  ])
    expect(filterConfig.safeParse(entry).success).toBe(false)
})

test.each(['Set-Cookie', 'Content-Length', 'Transfer-Encoding', 'Location', 'X-Request-Id', 'Connection'])(
  '%s is not a filter’s to touch in an answer',
  (name) => {
    for (const entry of [
      { type: 'header-set', on: 'response', name, value: '1' },
      { type: 'header-remove', on: 'response', name },
    ])
      expect(filterConfig.safeParse(entry).success).toBe(false)
  },
)

test('a value that would end its line is refused', () => {
  const entry = { type: 'header-set', name: 'x-a', value: 'a\r\nauthorization: b' }
  expect(filterConfig.safeParse(entry).success).toBe(false)
})

test('method-deny refuses, and the refusal is recorded', async () => {
  await withFilters({ type: 'method-deny', methods: ['DELETE'] })
  upstream.answer = (_request, response) => response.end('{}')
  expect(await ask(dags)).toMatchObject({ status: 200 })
  expect(await ask(`${runs}/r`, { method: 'DELETE' })).toMatchObject({
    status: 403,
    problem: { code: 'FILTERED', action: 'Ask us.' },
  })
  expect(await lastRecord()).toMatchObject({ decision: { effect: 'deny', code: 'FILTERED' }, status: 403 })
})

test.each([
  ['/api/v2/dags/*/dagRuns', '/api/v2/dags/hello/dagRuns', 403],
  ['/api/v2/dags/*/dagRuns', '/api/v2/dags/hello/%64agRuns', 403],
  ['/api/v2/dags/*/dagRuns', '/api/v2/dags/hello/dagRuns?limit=1', 403],
  ['/api/v2/dags/*/dagRuns', '/api/v2/dags/hello/dagRuns/r', 200],
  ['/api/v2/dags/**', '/api/v2/dags/hello/dagRuns/r', 403],
  ['/api/v2/dags/**', '/api/v2/dags', 403],
  ['/api/v2/dags', '/api/v2/dags', 403],
  ['/api/v2/dags/*', '/api/v2/dags', 200],
  ['/**', '/api/v2/dags', 403],
])('path-deny of %s: %s gets %i', async (pattern, path, status) => {
  await withFilters({ type: 'path-deny', paths: [pattern] })
  upstream.answer = (_request, response) => response.end('{}')
  expect(await ask(path)).toMatchObject({ status })
})

test.each([
  ['at the limit', '/api/v2/dags/hello/favorite', '12345678', 200],
  ['over it', '/api/v2/dags/hello/favorite', '123456789', 413],
  ['in pieces, at the limit', '/api/v2/dags/hello/favorite', ['1234', '5678'], 200],
  ['in pieces, over it', '/api/v2/dags/hello/favorite', ['1234', '5678', '9'], 413],
  ['a trigger over it', runs, ['{"conf":', '{}}'], 413],
])('body-size, %s', async (_what, path, body, status) => {
  await withFilters({ type: 'body-size', maxBytes: 8 })
  upstream.answer = (incoming, response) => incoming.resume().once('end', () => response.end('{}'))
  expect(await ask(path, { body })).toMatchObject({ status })
})

test('rate is counted for each principal and operation', async () => {
  await withFilters({ type: 'rate', requests: 2, perSeconds: 3600 })
  upstream.answer = (_request, response) => response.end('{}')
  const other = `Bearer ${await provider.token({ sub: 'bob' })}`
  expect((await ask(dags)).status).toBe(200)
  expect((await ask(dags)).status).toBe(200)
  const refused = await ask(dags)
  expect(refused).toMatchObject({ status: 429, problem: { code: 'RATE_LIMITED', retry: true } })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(1000)
  expect((await ask(runs)).status).toBe(200)
  expect((await ask(dags, { as: other })).status).toBe(200)
})

test('read-only lets reading through and says until when and whom to ask', async () => {
  await withFilters({ type: 'read-only', until: '2999-01-01T00:00:00Z', reason: 'Quarter end.' })
  upstream.answer = (_request, response) => response.end('{}')
  expect((await ask(dags)).status).toBe(200)
  expect(await ask(runs, { body: '{}' })).toMatchObject({
    status: 403,
    problem: {
      code: 'READ_ONLY',
      detail: 'Nothing may be changed until 2999-01-01T00:00:00Z. Quarter end.',
      action: 'Ask us.',
    },
  })
  expect((await ask('/api/v2/nothing/known')).problem).toMatchObject({ code: 'READ_ONLY' })
})

test('read-only ends', async () => {
  await withFilters({ type: 'read-only', until: '2001-01-01T00:00:00Z' })
  upstream.answer = (_request, response) => response.end('{}')
  expect((await ask(runs, { body: '{}' })).status).toBe(200)
})

test('for: groups, verbs and services narrow a filter', async () => {
  const readOnly = {
    type: 'read-only',
    for: { groups: ['data-eng'], verbs: ['run.*'], services: ['airflow'] },
  }
  await withFilters(readOnly, { type: 'method-deny', methods: ['GET'], for: { services: ['other'] } })
  upstream.answer = (_request, response) => response.end('{}')
  const ops = `Bearer ${await provider.token({ sub: 'olga', groups: ['ops'] })}`
  expect((await ask(dags)).status).toBe(200)
  expect((await ask(runs, { body: '{}' })).status).toBe(403)
  expect((await ask(runs, { body: '{}', as: ops })).status).toBe(200)
  expect((await ask('/api/v2/variables', { body: '{}' })).problem).toMatchObject({ code: 'FORBIDDEN' })
})

test('a verb that there is none of is a mistake', () => {
  const entry = { type: 'read-only', for: { verbs: ['run.fly'] } }
  expect(filterConfig.safeParse(entry).success).toBe(false)
})

test.each([
  ['is missing', undefined, 428],
  ['is too short', 'because', 428],
  ['is long enough', 'ticket OPS-1234', 200],
  ['is UTF-8', Buffer.from('Größere Störung').toString('latin1'), 200],
  ['is no UTF-8', 'St\xf6rung im Betrieb', 428],
  ['is too long', 'x'.repeat(501), 428],
])('require-reason where it %s', async (_what, reason, status) => {
  await withFilters({ type: 'require-reason', for: { verbs: ['run.trigger'] } })
  let seen: IncomingHttpHeaders = {}
  upstream.answer = (incoming, response) => {
    seen = incoming.headers
    response.end('{}')
  }
  const headers = reason === undefined ? {} : { 'x-jetway-reason': reason }
  expect(await ask(runs, { body: '{}', headers })).toMatchObject({ status })
  const record = await lastRecord()
  if (status === 200) {
    expect(seen).not.toHaveProperty('x-jetway-reason')
    expect(record?.reason).toBe(Buffer.from(reason ?? '', 'latin1').toString())
  } else {
    expect(record).toMatchObject({ decision: { effect: 'deny', code: 'REASON_REQUIRED' } })
  }
  expect((await ask(dags)).status).toBe(200)
})

const nightly = { type: 'maintenance-window', from: '22:00', to: '02:00', timezone: 'Europe/Berlin' }
test.each([
  ['before it', { ...nightly }, '2027-01-11T20:59:59Z', null],
  ['in its first second', { ...nightly }, '2027-01-11T21:00:00Z', 4 * 3600],
  ['past midnight', { ...nightly }, '2027-01-12T00:30:30Z', 1770],
  ['at its end', { ...nightly }, '2027-01-12T01:00:00Z', null],
  ['in summer time', { ...nightly }, '2027-07-12T20:00:00Z', 4 * 3600],
  ['on another day', { ...nightly, weekdays: ['tue'] }, '2027-01-11T21:00:00Z', null],
  ['after midnight of its day', { ...nightly, weekdays: ['mon'] }, '2027-01-12T00:59:00Z', 60],
  ['within a day', { ...nightly, from: '08:00', to: '09:00' }, '2027-01-11T07:15:00Z', 45 * 60],
])('maintenance-window %s', (_what, entry, at, retryAfterSeconds) => {
  const [filter] = createFilters([filterConfig.parse({ ...entry, refuses: 'everything' })], {
    contact: 'Ask us.',
    now: () => Date.parse(at),
  })
  const handle = filter?.(() => true)
  const exchange = { resolved: null } as never
  if (retryAfterSeconds === null) expect(handle?.(exchange)).toBe(true)
  else
    expect(() => handle?.(exchange)).toThrow(
      expect.objectContaining({
        code: 'MAINTENANCE',
        params: expect.objectContaining({ retryAfterSeconds }),
      }),
    )
})

test('maintenance-window lets reading through, unless it is for everything', () => {
  const always = { type: 'maintenance-window', from: '00:00', to: '00:00' }
  const reading = { resolved: { operation: { changes: false } } } as never
  const writing = { resolved: { operation: { changes: true } } } as never
  const handleOf = (entry: object) =>
    createFilters([filterConfig.parse(entry)], { contact: '', now: () => 0 })[0]?.(() => true)
  expect(handleOf(always)?.(reading)).toBe(true)
  expect(() => handleOf(always)?.(writing)).toThrow()
  expect(() => handleOf({ ...always, refuses: 'everything' })?.(reading)).toThrow()
})

test.each([
  ['a kind that there is none of', { type: 'fly' }],
  ['a key that there is none of', { type: 'read-only', x: 1 }],
  ['a time zone that there is none of', { ...nightly, timezone: 'Mars/Base' }],
  ['a time that there is none of', { ...nightly, from: '24:00' }],
  ['a path pattern within a segment', { type: 'path-deny', paths: ['/a*'] }],
])('%s is a mistake', (_what, entry) => {
  expect(filterConfig.safeParse(entry).success).toBe(false)
})
