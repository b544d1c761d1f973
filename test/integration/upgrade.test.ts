import type { webcrypto } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, expect, inject, test } from 'vitest'
import { webSocketProtocol } from '#shared/protocol/wire.ts'
import { audience } from '../../demo/provider/provider.ts'
import { readAudit } from '../support/audit.ts'
import { eventually } from '../support/eventually.ts'

const company = inject('company')
const good = { iss: company.issuer, aud: audience, sub: 'ana', client_id: 'jetway', groups: ['data-eng'] }
let ca: string
let foreignKey: webcrypto.CryptoKey
let kid: string

beforeAll(async () => {
  ca = await readFile(company.ca, 'utf8')
  foreignKey = (await generateKeyPair('RS256')).privateKey
  const { keys } = (await (await fetch(`${company.issuer}/jwks`)).json()) as {
    keys: { alg: string; kid: string }[]
  }
  kid = keys.find(({ alg }) => alg === 'RS256')?.kid as string
})

function forged(claims: object, key = foreignKey): Promise<string> {
  return new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(key)
}

/** Asks for the tunnel with this token. */
function upgrade(token: string | null): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const ask = request(`${company.relayUrl}/tunnel`, {
      ca,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        'sec-websocket-protocol': webSocketProtocol,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
    })
    ask.once('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode as number, body: '' })
    })
    ask.once('response', async (response) => {
      let body = ''
      for await (const chunk of response) body += chunk
      resolve({ status: response.statusCode as number, body })
    })
    ask.once('error', reject)
    ask.end()
  })
}

test.each<[string, () => Promise<string | null>]>([
  ['no token', async () => null],
  ['not a token', async () => 'hello'],
  ['another key under the provider’s key id', () => forged({})],
  ['alg none', async () => new UnsecuredJWT(good).setIssuedAt().setExpirationTime('5m').encode()],
  [
    'its own key in the header',
    async () => {
      const { privateKey, publicKey } = await generateKeyPair('RS256')
      return new SignJWT(good)
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', jwk: await exportJWK(publicKey) })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey)
    },
  ],
])('%s is refused at the upgrade', async (_what, token) => {
  const { status, body } = await upgrade(await token())
  expect(status).toBe(401)
  expect(JSON.parse(body)).toMatchObject({
    code: 'UNAUTHENTICATED',
    detail: 'The relay did not accept who you are.',
  })
  const [, id] = /request:([0-9a-f-]+)/.exec(body) ?? []
  // The reason is in the log, and only there.
  const reason = new RegExp(`"id":"${id}".*"code":"UNAUTHENTICATED".*"err":`)
  await eventually('the line in the log', async () => reason.test(await readFile(company.relayLog, 'utf8')))
  const record = await eventually('the record', async () =>
    (await readAudit(company.auditLog)).find((one) => one.id === id),
  )
  expect(record).toMatchObject({ verb: 'session.refuse', principal: null })
})
