import type { IncomingMessage } from 'node:http'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { detached } from '../../support/detached.ts'
import { eventually } from '../../support/eventually.ts'
import { openTunnelTo } from '../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let port: LocalPort
let tunnel: Tunnel
let local: string
let seen: IncomingMessage | null

const codeOf = async (response: Response) => ((await response.json()) as { code?: string }).code
const authorized = async (claims = {}) => ({ authorization: `Bearer ${await provider.token(claims)}` })

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  new WebSocketServer({ server: upstream.server }).on('connection', (socket, request) => {
    seen = request
    socket.send('hello')
  })
  relay = await startOwnRelay(provider.issuer, {
    services: {
      wiki: {
        type: 'http',
        url: upstream.url,
        localPort: 8100,
        identity: { keyFile: 'relay.pem', header: 'X-Wiki-Person' },
        stripHeaders: ['X-Wiki-Admin'],
        timeoutSeconds: 2,
      },
    },
    direct: 'wiki',
    policy: {
      contact: 'Ask us.',
      grants: [],
      http: [
        { group: 'data-eng', services: ['wiki'], verbs: ['http.read'] },
        { group: 'data-eng', services: ['wiki'], verbs: ['http.write'], paths: ['/notes/*'] },
        { group: 'editors', services: ['wiki'], verbs: ['http.write'] },
      ],
    },
  })
  port = await LocalPort.listen({ service: 'wiki', type: 'http', port: 0, detached })
  local = `http://localhost:${port.port}`
  tunnel = await openTunnelTo(relay.carrierUrl, () => provider.token(), [
    { name: 'wiki', localPort: port.port },
  ])
  port.attach(tunnel)
})
beforeEach(() => {
  seen = null
  upstream.answer = (request, response) => {
    seen = request
    response.end('page')
  }
})
afterAll(async () => {
  tunnel?.close()
  await port?.close()
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

/** As the service would: by the keys that the relay publishes. */
const verified = async (header: unknown): Promise<JWTPayload> => {
  const keys = createRemoteJWKSet(new URL(`${relay.url}/.well-known/jwks.json`))
  const options = { issuer: relay.url, audience: 'wiki', algorithms: ['EdDSA'], requiredClaims: ['exp'] }
  return (await jwtVerify(header as string, keys, options)).payload
}

test('the service learns who asks from a signed header', async () => {
  expect(await (await fetch(`${local}/a?b=c`)).text()).toBe('page')
  expect([seen?.url, seen?.headers.authorization]).toEqual(['/a?b=c', undefined])
  expect(await verified(seen?.headers['x-wiki-person'])).toMatchObject({
    sub: 'ana',
    name: 'ana@example.com',
    email: 'ana@example.com',
    groups: ['data-eng'],
  })
})

test.each([
  'X-Wiki-Person',
  'x_wiki_person',
  'X-Wiki_Person',
  'X-Wiki-Admin',
  'X_WIKI_ADMIN',
  'X-Jetway-Assertion',
  'X-Remote-User',
  'Remote_User',
  'X-Forwarded-User',
  'Authorization',
])('%s of the client does not arrive', async (name) => {
  await fetch(local, { headers: { [name]: 'forged' } })
  expect(Object.values(seen?.headers ?? {})).not.toContain('forged')
  expect(seen?.headers['x-wiki-person']).toMatch(/^eyJ/)
})

describe('what someone may', () => {
  test('read everywhere, write where a grant says so', async () => {
    expect((await fetch(`${local}/x`, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${local}/notes/1`, { method: 'PUT', body: 'text' })).status).toBe(200)
    const denied = await fetch(`${local}/pages/1`, { method: 'PUT', body: 'text' })
    expect([denied.status, await codeOf(denied)]).toEqual([403, 'FORBIDDEN'])
  })

  test('a WebSocket takes the right to write', async () => {
    const socket = new WebSocket(`ws://localhost:${port.port}/notes/live`, { origin: local })
    const message = await new Promise((resolve, reject) => {
      socket.on('message', (data) => resolve(String(data))).on('error', reject)
    })
    expect(message).toBe('hello')
    expect(await verified(seen?.headers['x-wiki-person'])).toMatchObject({ sub: 'ana' })
    socket.close()
    const denied = new WebSocket(`ws://localhost:${port.port}/live`, { origin: local })
    const error = await new Promise<Error>((resolve) => denied.on('error', resolve))
    expect(error.message).toContain('403')
  })

  test('nothing, of no group', async () => {
    const headers = await authorized({ groups: [] })
    for (const method of ['GET', 'OPTIONS', 'POST', 'DELETE', 'PROPFIND']) {
      expect((await fetch(relay.url, { method, headers })).status).toBe(403)
    }
    expect(seen).toBeNull()
  })

  test('each request is recorded with its verb', async () => {
    await fetch(`${local}/recorded`, { method: 'DELETE' })
    const record = await eventually('the record', async () =>
      (await relay.records()).find(({ path }) => path === '/recorded'),
    )
    expect(record).toMatchObject({
      service: 'wiki',
      verb: 'http.write',
      resource: { dag: null, name: '/recorded' },
      decision: { effect: 'deny', code: 'FORBIDDEN' },
      source: { via: 'tunnel' },
    })
  })
})

test('groups that do not fit into a header are left out, which is said', async () => {
  const groups = ['data-eng', ...Array.from({ length: 450 }, (_, i) => `a-group-of-many-${i}`)]
  await fetch(relay.url, { headers: await authorized({ groups }) })
  const claims = await verified(seen?.headers['x-wiki-person'])
  expect(claims).toMatchObject({ sub: 'ana', groups_omitted: true })
  expect(claims).not.toHaveProperty('groups')
})

describe('direct HTTP', () => {
  test('the same decisions and the same records, by a bearer token', async () => {
    const headers = await authorized()
    expect((await fetch(`${relay.url}/direct`, { headers })).status).toBe(200)
    expect(await verified(seen?.headers['x-wiki-person'])).toMatchObject({ sub: 'ana' })
    const denied = await fetch(`${relay.url}/direct`, { method: 'POST', headers, body: 'x' })
    expect([denied.status, await codeOf(denied)]).toEqual([403, 'FORBIDDEN'])
    const records = await eventually('both records', async () => {
      const of = (await relay.records()).filter(({ path }) => path === '/direct')
      return of.length === 2 && of
    })
    expect(records.map(({ verb, source, decision }) => [verb, source.via, decision?.effect])).toEqual([
      ['http.read', 'direct', 'allow'],
      ['http.write', 'direct', 'deny'],
    ])
  })

  test('no cookie and no parameter says who asks', async () => {
    const token = await provider.token()
    for (const cookie of [`_token=${token}`, `authorization=Bearer ${token}`, `session=${token}`]) {
      expect((await fetch(relay.url, { headers: { cookie } })).status).toBe(401)
    }
    expect((await fetch(`${relay.url}/?access_token=${token}`)).status).toBe(401)
    expect(seen).toBeNull()
  })

  test('a page of another site has no token to send, so its Origin says nothing', async () => {
    const headers = { ...(await authorized()), origin: 'https://elsewhere.example' }
    expect((await fetch(`${relay.url}/notes/1`, { method: 'POST', headers, body: 'x' })).status).toBe(200)
  })

  test('a redirect of the service to itself leads to the relay, and its cookies stay there', async () => {
    upstream.answer = (_request, response) =>
      response
        .writeHead(302, { location: `${upstream.url}/next`, 'set-cookie': 'a=b; Domain=wiki.example' })
        .end()
    const answer = await fetch(relay.url, { headers: await authorized(), redirect: 'manual' })
    expect(answer.headers.get('location')).toBe(`${relay.url}/next`)
    expect(answer.headers.get('set-cookie')).toBe('a=b')
    const through = await fetch(local, { redirect: 'manual' })
    expect(through.headers.get('location')).toBe(`${local}/next`)
  })

  test('is off unless a service is named', async () => {
    const closed = await startOwnRelay(provider.issuer, {
      services: {
        wiki: { type: 'http', url: upstream.url, localPort: 8100, identity: { keyFile: 'relay.pem' } },
      },
      policy: {
        contact: 'Ask us.',
        grants: [],
        http: [{ group: 'data-eng', services: ['wiki'], verbs: ['http.write'] }],
      },
    })
    for (const headers of [{}, await authorized()]) {
      const answer = await fetch(`${closed.url}/x`, { headers })
      expect([answer.status, await codeOf(answer)]).toEqual([404, 'NOT_FOUND'])
    }
    expect(seen).toBeNull()
    await closed.close()
  })
})
