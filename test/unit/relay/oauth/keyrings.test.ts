import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AuditLog } from '../../../../relay/audit/audit-log.ts'
import type { AuditRecord } from '../../../../relay/audit/record.ts'
import { createOwnTokenAuthenticator } from '../../../../relay/identity/own-tokens.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { issueAccessToken } from '../../../../relay/oauth/access-token.ts'
import { Keyring } from '../../../../relay/oauth/keyring.ts'
import { Keyrings } from '../../../../relay/oauth/keyrings.ts'

const schedule = { rotateSeconds: 86_400, publishAheadSeconds: 3600 }
const ana: Principal = {
  kind: 'person',
  issuer: 'https://id.example.com',
  subject: '1',
  name: 'ana',
  email: null,
  groups: ['data-eng'],
  authTime: null,
  authentication: { by: 'identity.saml', tokenId: null, sessionId: null, acr: null },
  expires: Math.floor(Date.now() / 1000) + 3600,
}

let folder: string
let rings: Keyrings
let records: AuditRecord[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'))
  records = []
  const auditLog = { append: (record) => void records.push(record) } as Partial<AuditLog> as AuditLog
  rings = new Keyrings({ auditLog, generation: () => 'g', log: pino({}, { write() {} }) })
})
afterEach(async () => {
  rings.close()
  await rm(folder, { recursive: true })
})

const openTokens = () => rings.open('identity.tokens', join(folder, 'tokens'), schedule)
const issue = (keyring: Keyring) =>
  issueAccessToken(ana, {
    keyring,
    issuer: 'https://relay.example',
    clientId: 'jetway',
    lifetimeSeconds: 600,
    keyThumbprint: null,
  }).accessToken
const authenticatorOf = (keyring: Keyring) =>
  createOwnTokenAuthenticator({
    keyring,
    publicUrl: 'https://relay.example',
    clockToleranceSeconds: 5,
    sources: [{ path: 'identity.saml', speaksFor: 'https://id.example.com' }],
  })

test('tokens of the key before, and of the next one, are accepted; of a key that was replaced they are not', async () => {
  const ring = openTokens()
  const authenticator = authenticatorOf(ring)
  const token = issue(ring)
  const { principal } = await authenticator.authenticate(token)
  rings.check(principal)
  rings.rotate({ path: null, now: false, user: 'root' })
  rings.check((await authenticator.authenticate(token)).principal)

  let dropped = 0
  rings.onDropped = () => {
    dropped += 1
  }
  rings.rotate({ path: 'identity.tokens', now: true, user: 'root' })
  expect(dropped).toBe(1)
  // What was verified before is refused as well, and so is who has a session by it.
  expect(() => rings.check(principal)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }))
  const fresh = await authenticatorOf(ring).authenticate(issue(ring))
  rings.check(fresh.principal)
  await expect(authenticatorOf(ring).authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('another relay’s key is accepted, and one that it dropped is not, soon', async () => {
  const ring = openTokens()
  const other = Keyring.open(join(folder, 'tokens'))
  const { principal } = await authenticatorOf(ring).authenticate(issue(other))
  const heard = new Promise<void>((resolve) => {
    rings.onDropped = resolve
  })
  other.replace()
  await heard
  expect(() => rings.check(principal)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }))
  rings.check((await authenticatorOf(ring).authenticate(issue(other))).principal)
})

test('who was let in by others is none of its business', () => {
  openTokens()
  rings.check(ana)
})

test('each key that is made stands in the audit log, by whom', () => {
  openTokens()
  rings.open('services.wiki.identity', join(folder, 'wiki'), schedule)
  const [tokens] = rings.rotate({ path: 'identity.tokens', now: false, user: 'root' })
  const next = tokens?.keys.find(({ state }) => state === 'next')
  expect(records).toMatchObject([
    {
      kind: 'access',
      verb: 'keys.rotate',
      access: { path: 'identity.tokens', kid: next?.kid, by: 'root', compromised: false },
    },
  ])
  rings.rotate({ path: null, now: true, user: 'root' })
  expect(records.map((record) => (record as unknown as { access: object }).access)).toMatchObject([
    {},
    { path: 'identity.tokens', compromised: true },
    { path: 'services.wiki.identity', compromised: true },
  ])
})

test('a ring that is not there is named', () => {
  expect(() => rings.rotate({ path: null, now: false, user: 'root' })).toThrow(/no keys of the relay’s own/)
  openTokens()
  expect(() => rings.rotate({ path: 'x', now: false, user: 'root' })).toThrow(/no keys of x/)
})
