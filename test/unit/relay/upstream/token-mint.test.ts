import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { createMint } from '../../../../relay/upstream/token-mint.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const now = () => Math.floor(Date.now() / 1000)
const ana: Principal = {
  kind: 'person',
  issuer: 'https://id.example.com',
  subject: '1',
  name: 'ana@example.com',
  email: 'ana@example.com',
  groups: [],
  authTime: null,
  authentication: { by: 'identity.oidc', tokenId: null, sessionId: null, acr: null },
  expires: now() + 3600,
}
const mint = createMint({
  signer: () => ({ kid: 'relay', key: privateKey }),
  issuer: 'https://relay.example.com',
  audience: 'apache-airflow',
  lifetimeSeconds: 60,
})

test('signed with EdDSA, for the person and the service, short-lived', async () => {
  const token = mint(ana, { sub: 'ana@example.com', role: 'user', dags: undefined })
  const { payload, protectedHeader } = await jwtVerify(token, publicKey, {
    issuer: 'https://relay.example.com',
    audience: 'apache-airflow',
    algorithms: ['EdDSA'],
    requiredClaims: ['exp', 'iat', 'nbf', 'jti'],
  })
  expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: 'relay' })
  expect(payload).toMatchObject({ sub: 'ana@example.com', role: 'user' })
  expect(payload).not.toHaveProperty('dags')
  expect((payload.exp as number) - now()).toBeLessThanOrEqual(60)
})

test('the same token for a while, another for other claims or another person', () => {
  const token = mint(ana, { role: 'user' })
  expect(mint(ana, { role: 'user' })).toBe(token)
  expect(mint(ana, { role: 'viewer' })).not.toBe(token)
  expect(mint({ ...ana, subject: '2' }, { role: 'user' })).not.toBe(token)
})

test('claims cannot replace what the mint says of itself', async () => {
  const claims = { exp: now() + 1_000_000, iat: 0, nbf: 0, jti: 'x' }
  const { payload } = await jwtVerify(mint(ana, claims), publicKey)
  expect((payload.exp as number) - now()).toBeLessThanOrEqual(60)
  expect(payload.jti).not.toBe('x')
})

test('no token outlives the person’s own', async () => {
  const brief = { ...ana, subject: '3', expires: now() + 5 }
  const { payload } = await jwtVerify(mint(brief, { role: 'user' }), publicKey)
  expect(payload.exp).toBe(brief.expires)
})
