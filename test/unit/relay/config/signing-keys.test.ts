import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LoadedHttpService, loadConfig } from '../../../../relay/config/load.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { createMint } from '../../../../relay/upstream/token-mint.ts'

let folder: string
const ana: Principal = {
  kind: 'person',
  issuer: 'https://id.example.com',
  subject: '1',
  name: 'ana',
  email: null,
  groups: [],
  authTime: null,
  authentication: { by: 'identity.oidc', tokenId: null, sessionId: null, acr: null },
  expires: Date.now(),
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'))
  for (const name of ['one', 'two']) {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
    await writeFile(join(folder, `${name}.pem`), pem, { mode: 0o600 })
    const publicPem = createPublicKey(pem).export({ type: 'spki', format: 'pem' })
    await writeFile(join(folder, `${name}.pub`), publicPem)
  }
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  await writeFile(join(folder, 'rsa.pem'), rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  })
})
afterAll(() => rm(folder, { recursive: true }))

const http = (localPort: number, identity: object) => ({
  type: 'http',
  url: 'http://wiki:8000',
  localPort,
  identity,
})
async function load(services: object) {
  const path = join(folder, 'relay.yaml')
  const config = {
    version: 1,
    publicUrl: 'http://127.0.0.1:8443',
    listen: { plain: true },
    identity: { oidc: { issuer: 'https://id.example.com', clientId: 'c', audience: 'a' } },
    services,
    policy: { contact: 'Ask us.', grants: [] },
    audit: { file: 'audit.jsonl', keyFile: 'one.pem', origin: 'relay.test/audit' },
  }
  await writeFile(path, JSON.stringify(config))
  return loadConfig(path).services
}
const identityOf = async (identity: object) =>
  ((await load({ wiki: http(8100, identity) })).wiki as LoadedHttpService).identity
const one = { keyFile: 'one.pem', keyId: 'one' }
const two = { keyFile: 'two.pem', keyId: 'two' }

test('a rotation: whoever has the keys of the step before, or of the one after, refuses nothing', async () => {
  const steps = [
    await identityOf(one),
    await identityOf({ ...one, otherKeys: [two] }),
    await identityOf({ ...two, otherKeys: [{ keyFile: 'one.pub', keyId: 'one' }] }),
    await identityOf(two),
  ]
  const tokens = steps.map((identity) => {
    const signer = () => ({ kid: identity.keyId, key: identity.key as KeyObject })
    const service = { ...identity, signer, issuer: 'https://relay.example', audience: 'wiki' }
    return createMint(service)(ana, { sub: 'ana' })
  })
  for (const [i, { published }] of steps.entries()) {
    const keys = createLocalJWKSet({ keys: published as never })
    const near = tokens.slice(Math.max(0, i - 1), i + 2)
    for (const token of near) {
      expect((await jwtVerify(token, keys)).payload).toMatchObject({ sub: 'ana' })
    }
  }
  expect(steps.map(({ keyId }) => keyId)).toEqual(['one', 'one', 'two', 'two'])
})

describe('mistakes', () => {
  test.each<[string, object, string]>([
    ['no file', { keyFile: 'none.pem' }, 'services.wiki.identity.keyFile none.pem cannot be read'],
    ['no private key', { keyFile: 'one.pub' }, 'one.pub can be read by others'],
    ['another kind', { keyFile: 'rsa.pem' }, 'rsa.pem is no Ed25519 key'],
    [
      'no other file',
      { ...one, otherKeys: [{ keyFile: 'none.pem', keyId: 'x' }] },
      'services.wiki.identity.otherKeys.0.keyFile none.pem cannot be read',
    ],
    [
      'another kind beside it',
      { ...one, otherKeys: [{ keyFile: 'rsa.pem', keyId: 'x' }] },
      'rsa.pem is no Ed25519 key',
    ],
    [
      'no key',
      { ...one, otherKeys: [{ keyFile: 'relay.yaml', keyId: 'x' }] },
      'relay.yaml holds no key in PEM form',
    ],
    [
      'two of one name',
      { ...one, otherKeys: [{ keyFile: 'two.pem', keyId: 'one' }] },
      'names a key one, and so does wiki another one',
    ],
    ['no name', { ...one, otherKeys: [{ keyFile: 'two.pem' }] }, 'otherKeys.0.keyId is missing'],
    [
      'a header that some servers read as another',
      { ...one, header: 'X_Person' },
      'services.wiki.identity.header is not valid',
    ],
  ])('%s', async (_what, identity, mistake) => {
    await expect(identityOf(identity)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      params: { reason: expect.stringContaining(mistake) },
    })
  })

  test.each([[{}], [{ ...one, keyFolder: 'keys' }]])(
    '%j: neither or both of file and folder',
    async (identity) => {
      await expect(identityOf(identity)).rejects.toMatchObject({
        params: { reason: expect.stringContaining('takes either a keyFile or a keyFolder') },
      })
    },
  )

  test('two services with one key are fine, with two of one name they are not', async () => {
    await load({ wiki: http(8100, one), chat: http(8101, one) })
    const services = { wiki: http(8100, one), chat: http(8101, { ...two, keyId: 'one' }) }
    await expect(load(services)).rejects.toMatchObject({
      params: { reason: expect.stringContaining('services.chat.identity names a key one') },
    })
  })
})
