import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BalancedRelay, startBalancedRelay } from '../../../support/balanced-relay.ts'

/** Behind a balancer the browser's cookies let in whatever any page asks for, so pages are told apart. */
let site: BalancedRelay
let reached = 0
beforeAll(async () => {
  site = await startBalancedRelay()
  site.upstream.answer = (_request, response) => {
    reached += 1
    response.setHeader('location', `${site.upstream.url}/home`).end('{"dag_run_id":"r"}')
  }
})
afterAll(() => site?.close())

const host = 'aws-alb.example.com'
const own = `https://${host}`
const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }
const runs = '/api/v2/dags/hello/dagRuns'

async function ask(method: string, headers: Record<string, string>) {
  const token = await site.balancers.token('aws-alb')
  return site.ask(
    'aws-alb',
    [...Object.entries(headers), ['x-amzn-oidc-data', token], ['Content-Type', 'application/json']],
    method === 'POST' ? { method, path: runs, body: '{"logical_date":null}' } : { method },
  )
}

test.each<[string, Record<string, string>]>([
  ['GET', {}],
  ['GET', { 'Sec-Fetch-Site': 'none' }],
  ['GET', { 'Sec-Fetch-Site': 'same-origin' }],
  ['GET', link],
  ['POST', { Origin: own, 'Sec-Fetch-Site': 'same-origin' }],
  ['POST', {}],
])('%s %o is let in', async (method, headers) => {
  expect((await ask(method, headers)).status).toBe(200)
})

test.each<[string, string, Record<string, string>]>([
  ['ORIGIN_NOT_ALLOWED', 'POST', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }],
  ['ORIGIN_NOT_ALLOWED', 'POST', { Origin: 'https://evil.example' }],
  ['ORIGIN_NOT_ALLOWED', 'POST', { Origin: 'null' }],
  ['ORIGIN_NOT_ALLOWED', 'POST', { Origin: `http://${host}` }],
  ['ORIGIN_NOT_ALLOWED', 'POST', { Origin: `${own}:444` }],
  ['ORIGIN_NOT_ALLOWED', 'POST', { Origin: 'https://evil.aws-alb.example.com' }],
  ['ORIGIN_NOT_ALLOWED', 'POST', { Origin: 'https://google-iap.example.com', 'Sec-Fetch-Site': 'same-site' }],
  ['ORIGIN_NOT_ALLOWED', 'POST', { 'Sec-Fetch-Site': 'cross-site' }],
  ['ORIGIN_NOT_ALLOWED', 'POST', link],
  ['ORIGIN_NOT_ALLOWED', 'GET', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
  ['ORIGIN_NOT_ALLOWED', 'GET', { ...link, 'Sec-Fetch-Dest': 'iframe' }],
  ['ORIGIN_NOT_ALLOWED', 'GET', { 'Sec-Fetch-Site': 'same-site' }],
  ['HOST_NOT_ALLOWED', 'GET', { Host: 'evil.example' }],
  ['HOST_NOT_ALLOWED', 'GET', { Host: `${host}:8080` }],
  ['HOST_NOT_ALLOWED', 'GET', { Host: 'google-iap.example.com' }],
  ['HOST_NOT_ALLOWED', 'GET', { Host: 'x.localhost:8080' }],
  ['HOST_NOT_ALLOWED', 'GET', { Host: '127.0.0.1' }],
])('%s: %s %o', async (code, method, headers) => {
  const before = reached
  const answer = await ask(method, headers)
  expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, code])
  expect(reached).toBe(before)
})

test('a WebSocket of another site is refused', async () => {
  const answer = await ask('GET', {
    Origin: 'https://evil.example',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
  })
  expect(answer.status).toBe(403)
})

test('redirects of Airflow to itself stay at the balancer', async () => {
  expect((await ask('GET', {})).headers.location).toBe(`${own}/home`)
})

test('cookies of the balancer stay there', async () => {
  let cookie: string | undefined
  site.upstream.answer = (request, response) => {
    cookie = request.headers.cookie
    response.end('{}')
  }
  await ask('GET', { Cookie: 'AWSELBAuthSessionCookie-0=a; session=b; CF_Authorization=c; GCP_IAP_UID=d' })
  expect(cookie).toBe('session=b')
})

test('of what the relay answers itself, its health is there and nothing else', async () => {
  const status = async (path: string) => (await site.ask('aws-alb', [], { path })).status
  expect(await Promise.all(['/healthz', '/readyz'].map(status))).toEqual([200, 200])
  expect(
    await Promise.all(
      ['/.well-known/jetway', '/.well-known/jwks.json', '/oauth/jwks.json', '/tunnel'].map(status),
    ),
  ).toEqual([401, 401, 401, 401])
})

test('and no tunnel, whatever token is brought along', async () => {
  const answer = await site.ask(
    'aws-alb',
    [
      ['Authorization', `Bearer ${await site.provider.token()}`],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', Buffer.alloc(16).toString('base64')],
    ],
    { path: '/tunnel' },
  )
  expect(answer.status).toBe(401)
})
