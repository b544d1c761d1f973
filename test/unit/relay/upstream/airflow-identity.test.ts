import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { createAirflowIdentity } from '../../../../relay/upstream/airflow-identity.ts'

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
  expires: now() + 3600,
}
const identity = createAirflowIdentity({
  key: privateKey,
  keyId: 'relay',
  audience: 'apache-airflow',
  lifetimeSeconds: 60,
})

test('a token that Airflow takes: signed with EdDSA, for the person, short-lived', async () => {
  const { payload, protectedHeader } = await jwtVerify(identity.token(ana, 'user'), publicKey, {
    audience: 'apache-airflow',
    algorithms: ['EdDSA'],
    requiredClaims: ['exp', 'iat', 'nbf', 'jti'],
  })
  expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: 'relay' })
  expect(payload).toMatchObject({ sub: 'ana@example.com', role: 'user' })
  expect((payload.exp as number) - now()).toBeLessThanOrEqual(60)
})

test('the same token for a while, another for another role or person', () => {
  expect(identity.token(ana, 'user')).toBe(identity.token(ana, 'user'))
  expect(identity.token(ana, 'viewer')).not.toBe(identity.token(ana, 'user'))
  expect(identity.token({ ...ana, subject: '2' }, 'user')).not.toBe(identity.token(ana, 'user'))
})

test('no token outlives the person’s own', async () => {
  const brief = { ...ana, subject: '3', expires: now() + 5 }
  const { payload } = await jwtVerify(identity.token(brief, 'user'), publicKey)
  expect(payload.exp).toBe(brief.expires)
})
