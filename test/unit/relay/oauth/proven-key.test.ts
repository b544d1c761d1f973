import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Exchange } from '../../../../relay/http/exchange.ts'
import { DpopProofs } from '../../../../relay/identity/dpop.ts'
import { Keyring } from '../../../../relay/oauth/keyring.ts'
import { tokenEndpoint } from '../../../../relay/oauth/token-endpoint.ts'
import { type DpopKey, makeDpopKey } from '../../../support/dpop-key.ts'

/** The token endpoint, with a grant that lets everyone in. */
const issuer = 'https://relay.example'
const url = `${issuer}/oauth/token`
const folder = mkdtempSync(join(tmpdir(), 'keys-'))
let server: Server
let key: DpopKey
beforeAll(async () => {
  key = await makeDpopKey()
  const expires = Math.floor(Date.now() / 1000) + 3600
  const handle = tokenEndpoint({
    keyring: Keyring.open(folder),
    issuer,
    lifetimeSeconds: 600,
    proofs: new DpopProofs({ nonceSeconds: 60 }),
    mustBeBound: false,
    log: pino({}, { write() {} }),
    metadata: {},
    grants: [
      {
        type: 'test',
        redeem: async () => ({
          clientId: 'test',
          principal: {
            kind: 'person',
            issuer: 'test',
            subject: 'ana',
            name: 'ana',
            email: null,
            groups: [],
            authTime: null,
            expires,
            authentication: { by: 'test', tokenId: null, sessionId: null, acr: null },
          },
        }),
      },
    ],
  })(() => false)
  server = createServer((incoming, response) => {
    void handle({ request: incoming, response, address: '192.0.2.1', tunnel: null } as unknown as Exchange)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

/** @param proofs a header each */
async function ask(...proofs: string[]) {
  const { port } = server.address() as AddressInfo
  const headers = ['host', 'x', 'content-type', 'application/x-www-form-urlencoded']
  const asked = request({
    port,
    path: '/oauth/token',
    method: 'POST',
    headers: [...headers, 'content-length', '15', ...proofs.flatMap((proof) => ['DPoP', proof])],
  })
  asked.end('grant_type=test')
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, nonce: response.headers['dpop-nonce'], body: JSON.parse(text) }
}

test('without a proof the token is a bearer token', async () => {
  const { status, body } = await ask()
  expect([status, body.token_type, decodeJwt(body.access_token).cnf]).toEqual([200, 'Bearer', undefined])
})

test('with a proof the token is bound to its key; the nonce is told first (RFC 9449 §8)', async () => {
  const first = await ask(await key.proof({ method: 'POST', url }))
  expect(first).toMatchObject({ status: 400, nonce: expect.any(String), body: { error: 'use_dpop_nonce' } })
  const { status, body } = await ask(await key.proof({ method: 'POST', url, nonce: first.nonce }))
  expect([status, body.token_type, decodeJwt(body.access_token).cnf]).toEqual([
    200,
    'DPoP',
    { jkt: key.thumbprint },
  ])
})

test.each<[string, (nonce: string) => Promise<string[]>]>([
  ['that is none', async () => ['x']],
  ['for another URL', async (nonce) => [await key.proof({ method: 'POST', url: `${issuer}/tunnel`, nonce })]],
  ['for another method', async (nonce) => [await key.proof({ method: 'GET', url, nonce })]],
  [
    'beside another',
    async (nonce) => [
      await key.proof({ method: 'POST', url, nonce }),
      await key.proof({ method: 'POST', url, nonce }),
    ],
  ],
])('a proof %s gets no token', async (_what, make) => {
  const { nonce } = await ask(await key.proof({ method: 'POST', url }))
  const { status, body } = await ask(...(await make(nonce)))
  expect([status, body.error, body.access_token]).toEqual([400, 'invalid_dpop_proof', undefined])
})

test('a proof that comes again gets no second token', async () => {
  const { nonce } = await ask(await key.proof({ method: 'POST', url }))
  const proof = await key.proof({ method: 'POST', url, nonce })
  const answers = await Promise.all([ask(proof), ask(proof)])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
})
