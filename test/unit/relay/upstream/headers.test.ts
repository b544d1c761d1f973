import { expect, test } from 'vitest'
import { requestHeaders, responseHeaders } from '../../../../relay/upstream/headers.ts'

const kept = (...headers: string[]) => requestHeaders(headers)

test('what is the request’s own goes on, in its spelling and order', () => {
  const headers = ['Host', 'localhost:8080', 'aCcEpt', '*/*', 'X-Thing', '1', 'x-thing', '2']
  expect(kept(...headers)).toEqual(headers)
})

test.each([
  'Connection',
  'Keep-Alive',
  'Proxy-Authorization',
  'Proxy-Connection',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'Expect',
  'Authorization',
  'authorization',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-User',
  'X-Real-IP',
  'Remote-User',
  'Remote_User',
  'REMOTE_USER',
  'X_Forwarded_For',
  'X-Remote-User',
  'X-Remote-Groups',
  'X-Auth-Request-Email',
  'X-Authenticated-Userid',
  'X-User-Email',
  'X-WebAuth-User',
  'X-Goog-IAP-JWT-Assertion',
  'X-Amzn-Oidc-Data',
  'X-MS-Client-Principal',
  'Cf-Access-Jwt-Assertion',
  'X-Pomerium-Jwt-Assertion',
  'X-Jetway-Anything',
  'X-Request-Id',
])('%s does not get to the upstream', (name) => {
  expect(kept('Host', 'h', name, 'forged')).toEqual(['Host', 'h'])
})

test('what Connection names is for this hop', () => {
  expect(kept('Connection', 'close, X-Hop', 'X-Hop', '1', 'X-End', '2')).toEqual(['X-End', '2'])
})

test.each([
  ['_token=a', []],
  ['_token=a; session=b', ['Cookie', 'session=b']],
  ['session=b;_token=a', ['Cookie', 'session=b']],
  ['session=b; _token=a; _token=c; x_token=d', ['Cookie', 'session=b; x_token=d']],
  ['session=b; my_token=c', ['Cookie', 'session=b; my_token=c']],
])('of the cookies %s go %o', (cookie, expected) => {
  expect(kept('Cookie', cookie)).toEqual(expected)
})

function answered(rawHeaders: string[]): Record<string, unknown> {
  const written = responseHeaders(200, rawHeaders, {
    upstreamOrigin: 'http://airflow.internal:8080',
    ownOrigin: 'http://localhost:8080',
    requestId: 'id',
  })
  return Object.fromEntries(
    written.flatMap((value, i) => (i % 2 ? [] : [[value.toLowerCase(), written[i + 1]]])),
  )
}

test('Airflow’s token cookie does not get to the browser, others do', () => {
  expect(answered(['Set-Cookie', '_token=a; Path=/'])).toEqual({ 'x-request-id': 'id' })
  expect(answered(['Set-Cookie', 'session=a'])).toMatchObject({ 'set-cookie': 'session=a' })
})

test.each([
  ['http://airflow.internal:8080/dags', 'http://localhost:8080/dags'],
  ['http://airflow.internal:8080', 'http://localhost:8080'],
  ['http://airflow.internal:8080.evil.example/', 'http://airflow.internal:8080.evil.example/'],
  ['https://elsewhere.example/', 'https://elsewhere.example/'],
  ['/relative', '/relative'],
])('a redirect to %s goes to %s', (from, to) => {
  expect(answered(['Location', from])).toMatchObject({ location: to })
})
