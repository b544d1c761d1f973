import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { complaints, examined, relayFolder } from '../../../support/doctor.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream } from '../../../support/told-upstream.ts'

const publicUrl = 'http://127.0.0.1:1'
let people: TokenProvider
let ci: TokenProvider
beforeAll(async () => {
  people = await startTokenProvider()
  ci = await startTokenProvider()
})
afterAll(async () => {
  await people?.close()
  await ci?.close()
})

const rule = { name: 'main', claims: { sub: 'nightly' }, groups: ['data-eng'] }
async function examinedWith(more: object = {}) {
  const oidc = { issuer: people.issuer, clientId: 'jetway', audience: 'urn:test:relay' }
  const federation = [{ name: 'ci', issuer: ci.issuer, audience: publicUrl, rules: [rule], ...more }]
  const found = await examined({ oidc, federation })
  return found.filter(({ about }) => about === 'identity.federation.ci')
}

/** An issuer that says this in its metadata. */
async function issuerThatSays(metadata: (issuer: string) => unknown): Promise<string> {
  const server = await startToldUpstream()
  onTestFinished(() => server.close())
  server.answer = (_request, response) => response.end(JSON.stringify(metadata(server.url)))
  return server.url
}

test('of one that is whole there is no complaint', async () => {
  const found = await examinedWith()
  expect(found.map(({ level, check }) => `${level} ${check}`)).toEqual([
    'ok issuer',
    'ok clock',
    'ok keys',
    'ok audience',
    'ok rules',
  ])
})

test.each<[string, () => Promise<object>, string[]]>([
  ['is not there', async () => ({ issuer: 'http://127.0.0.1:2' }), ['fault discovery']],
  [
    'has another name',
    async () => ({ issuer: await issuerThatSays(() => ({ issuer: 'x' })) }),
    ['fault issuer'],
  ],
  ['says nothing', async () => ({ issuer: await issuerThatSays(() => null) }), ['fault issuer']],
  [
    'does not say where its keys are',
    async () => ({ issuer: await issuerThatSays((issuer) => ({ issuer })) }),
    ['fault keys'],
  ],
  ['shows its keys to nobody', async () => ({ jwksUrl: 'http://127.0.0.1:1/jwks' }), ['fault keys']],
  ['signs in another way', async () => ({ algorithms: ['ES256'] }), ['fault algorithms']],
  [
    'has rules for groups that no policy speaks of',
    async () => ({ rules: [rule, { ...rule, name: 'dev', groups: ['dev'] }] }),
    ['warning rules'],
  ],
])('an issuer that %s is told', async (_what, more, expected) => {
  expect(complaints(await examinedWith(await more()))).toEqual(expected)
})

test('another audience than the one that jetway asks for is noted', async () => {
  const found = await examinedWith({ audience: 'urn:test:relay' })
  expect(complaints(found)).toEqual([])
  expect(found.find(({ check }) => check === 'audience')).toMatchObject({ level: 'note' })
})

test('keys in a file are looked at, and nobody is asked', async () => {
  const folder = await relayFolder({})
  const jwksFile = join(folder, 'jwks.json')
  await writeFile(jwksFile, await (await fetch(`${ci.issuer}/jwks`)).text())
  expect(complaints(await examinedWith({ issuer: 'https://ci.invalid', jwksFile }))).toEqual([])
})
