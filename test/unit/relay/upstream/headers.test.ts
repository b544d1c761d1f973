import { expect, test } from 'vitest'
import { requestHeaders, responseHeaders } from '../../../../relay/upstream/headers.ts'

const kept = (...headers: string[]) => requestHeaders(headers, new Set(['x-of-this-service']))

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
  'X-Jetway-Assertion',
  'x_jetway_assertion',
  'X-Jetway_Assertion',
  'X_REMOTE_USER',
  'x-remote-user',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Auth-Request-User',
  'X-Goog-Authenticated-User-Email',
  'X-Amzn-Oidc-Identity',
  'Cf-Access-Authenticated-User-Email',
  'X-Email',
  'X-HTTP-Method-Override',
  'X-Method-Override',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-Amzn-Ava-User-Context',
  'X_AMZN_OIDC_DATA',
  'x_goog_iap_jwt_assertion',
  'Cf_Access_Jwt_Assertion',
  'CF-Connecting-IP',
  'X-Serverless-Authorization',
  'X-Endpoint-API-UserInfo',
  'X-Apigateway-Api-Userinfo',
  'X-MS-Token-AAD-Id-Token',
  'X-Consumer-Username',
  'X-Credential-Identifier',
  'X-JWT-Assertion',
  'X-ID-Token',
  'Tailscale-User-Login',
  'Teleport-Jwt-Assertion',
  'Impersonate-User',
  'Client-Cert',
  'X-Roles',
  'X-ProxiedEntitiesChain',
  'Shib-Session-ID',
  'X-Of-This-Service',
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
  ['AWSELBAuthSessionCookie-0=a; b=c; awselbauthsessioncookie-1=d', ['Cookie', 'b=c']],
  ['CF_Authorization=a;b=c; CF_AppSession=d', ['Cookie', 'b=c']],
  ['GCP_IAP_UID=a; __Host-GCP_IAP_AUTH_TOKEN_1F=b; GCP_IAAP_AUTH_TOKEN_2=c', []],
  ['b=CF_Authorization; x_cf_authorization=c', ['Cookie', 'b=CF_Authorization; x_cf_authorization=c']],
])('of the cookies %s go %o', (cookie, expected) => {
  expect(kept('Cookie', cookie)).toEqual(expected)
})

function answered(
  rawHeaders: string[],
  ownOrigin = 'http://localhost:8080',
  basePath = '',
): Record<string, unknown> {
  const origins = new Set(['http://airflow.internal:8080', 'https://airflow.example'])
  const written = responseHeaders(200, rawHeaders, {
    upstream: { origins, basePath },
    ownOrigin,
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
  ['http://airflow.internal:8080', 'http://localhost:8080/'],
  ['http://airflow.internal:8080.evil.example/', 'http://airflow.internal:8080.evil.example/'],
  ['https://elsewhere.example/', 'https://elsewhere.example/'],
  ['/relative', '/relative'],
  ['relative', 'relative'],
  ['https://airflow.example/base/home?next=%2F#x', 'http://localhost:8080/base/home?next=%2F#x'],
  ['HTTPS://Airflow.Example/home', 'http://localhost:8080/home'],
  ['//airflow.internal:8080/home', 'http://localhost:8080/home'],
  ['//evil.example/home', '//evil.example/home'],
  ['http://airflow.internal:8080@evil.example/', 'http://airflow.internal:8080@evil.example/'],
  ['http://', 'http://'],
])('a redirect to %s goes to %s', (from, to) => {
  expect(answered(['Location', from])).toMatchObject({ location: to })
})

test.each([
  ['session=a; Domain=airflow.example; Path=/base; HttpOnly', 'session=a; Path=/base; HttpOnly'],
  ['session=a; Secure; HttpOnly; SameSite=Lax', 'session=a; HttpOnly; SameSite=Lax'],
  ['session=a; SameSite=None; secure', 'session=a; SameSite=Lax'],
  ['session=a;Secure;Partitioned;Path=/', 'session=a;Path=/'],
  ['session=Secure; Path=/', 'session=Secure; Path=/'],
  ['__Host-a=b; Secure; Path=/', '__Host-a=b; Secure; Path=/'],
  ['__Secure-a=b; Secure; Domain=airflow.example', '__Secure-a=b; Secure'],
])('a cookie %s is set as %s on localhost', (cookie, expected) => {
  expect(answered(['Set-Cookie', cookie])).toMatchObject({ 'set-cookie': expected })
})

test('a cookie stays for https where the person’s address is', () => {
  const cookie = 'session=a; Domain=airflow.example; Secure; SameSite=None'
  expect(answered(['Set-Cookie', cookie], 'https://relay.example')).toMatchObject({
    'set-cookie': 'session=a; Secure; SameSite=None',
  })
})

test.each([
  ['session=a; Path=/; HttpOnly', 'session=a; Path=/team; HttpOnly'],
  ['session=a; Path=/team/x', 'session=a; Path=/team/x'],
  ['__Host-a=b; Secure; Path=/', '__Host-a=b; Secure; Path=/'],
])('below a path, a cookie %s is set as %s', (cookie, expected) => {
  const headers = answered(['Set-Cookie', cookie], 'http://localhost:8080', '/team')
  expect(headers).toMatchObject({ 'set-cookie': expected })
})
