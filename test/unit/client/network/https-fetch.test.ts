import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { discoverProvider } from '#client/auth/provider.ts'
import { discover } from '#client/discovery.ts'
import { httpsFetch } from '#client/network/https-fetch.ts'
import { makeCertificate } from '../../../../demo/certificate.ts'
import { type ConnectProxy, startConnectProxy } from '../../../support/connect-proxy.ts'

/** Only the proxy knows the way to it. */
const issuer = 'https://id.example'
const oidc = { issuer, clientId: 'jetway', scopes: ['openid'], resource: null, redirectPorts: [] }
let folder: string
let ca: string
let server: Server
let proxy: ConnectProxy

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-fetch-'))
  const files = await makeCertificate(folder, ['id.example'])
  ca = await readFile(files.ca, 'utf8')
  server = createServer(
    { cert: await readFile(files.cert), key: await readFile(files.key) },
    (request, response) => {
      if (request.url === '/elsewhere') response.writeHead(302, { location: 'https://other.example/' }).end()
      else response.setHeader('content-type', 'application/json').end(JSON.stringify({ issuer }))
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await startConnectProxy((server.address() as AddressInfo).port)
  vi.stubEnv('NO_PROXY', '')
  vi.stubEnv('no_proxy', '')
  vi.stubEnv('HTTPS_PROXY', `http://ana:secret@127.0.0.1:${proxy.port}`)
})
afterEach(() => {
  proxy.answer = null
  proxy.requests.length = 0
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await proxy.close()
  server.close()
  server.closeAllConnections()
  await rm(folder, { recursive: true, force: true })
})

test('the provider is reached through the proxy', async () => {
  const provider = await discoverProvider(oidc, ca)
  expect(provider.serverMetadata().issuer).toBe(issuer)
  expect(proxy.requests[0]).toMatch(/^CONNECT id\.example:443 HTTP\/1\.1\r\n/)
})

test('a redirect is not followed', async () => {
  expect((await httpsFetch(ca)(`${issuer}/elsewhere`)).status).toBe(302)
  expect(proxy.requests).toHaveLength(1)
})

test('the proxy’s no is said as such, for the provider and for the relay', async () => {
  proxy.answer = () => 'HTTP/1.1 407 Who are you?\r\n\r\n'
  await expect(discoverProvider(oidc, ca)).rejects.toMatchObject({ code: 'PROXY_AUTH_REQUIRED' })
  await expect(discover('https://relay.example', ca)).rejects.toMatchObject({ code: 'PROXY_AUTH_REQUIRED' })
})

test('a target that the proxy does not reach is what cannot be reached', async () => {
  proxy.answer = () => 'HTTP/1.1 502 Bad Gateway\r\n\r\n'
  await expect(discoverProvider(oidc, ca)).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
  await expect(discover('https://relay.example', ca)).rejects.toMatchObject({
    code: 'RELAY_UNREACHABLE',
    params: { reason: expect.stringContaining('status 502 of the proxy') },
  })
})
