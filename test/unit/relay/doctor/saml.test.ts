import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../../relay/config/load.ts'
import { examineIdentity } from '../../../../relay/doctor/identity.ts'
import { complaints, relayFolder } from '../../../support/doctor.ts'
import { entityId, makeSamlKey, samlMetadata } from '../../../support/saml-provider.ts'

async function examinedWith(metadata: string, token: string | null = null) {
  const folder = await relayFolder({ oidc: { issuer: 'https://x', clientId: 'c', audience: 'a' } })
  await writeFile(join(folder, 'idp.xml'), metadata)
  const saml = { entityId, metadata: { file: 'idp.xml' } }
  const file = join(folder, 'relay.yaml')
  const text = JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), identity: { saml } })
  await writeFile(file, text)
  return examineIdentity(loadConfig(file), token)
}

test('a provider that can be used, and what it has to know', async () => {
  const found = await examinedWith(
    samlMetadata('https://idp.example.com/sso', [await makeSamlKey()]),
    'a.b.c',
  )
  expect(complaints(found)).toEqual([])
  expect(found.map(({ check }) => check)).toEqual(['metadata', 'sign-in', 'sign-out', 'relay', 'issuer'])
  expect(found.find(({ check }) => check === 'relay')?.what).toContain('/saml/acs')
})

test('that requests are not signed, where it asks for that, is noted', async () => {
  const role = 'WantAuthnRequestsSigned="true"'
  const found = await examinedWith(samlMetadata('https://idp', [await makeSamlKey()], { role }))
  expect(complaints(found)).toEqual([])
  expect(found.map(({ check }) => check)).toContain('signing')
})

test('that it has keys whose signatures are refused is noted, with why', async () => {
  const keys = await Promise.all([makeSamlKey(), makeSamlKey(null), makeSamlKey(1024)])
  const found = await examinedWith(samlMetadata('https://idp', keys))
  expect(complaints(found)).toEqual([])
  expect(found.find(({ check }) => check === 'certificates')?.what).toMatch(
    /refused: ec, and only RSA is taken; RSA of 1024 bits\.$/,
  )
})

test.each([
  ['has no key that can be used', async () => samlMetadata('https://idp', [await makeSamlKey(null)])],
  ['has no key that is valid', async () => samlMetadata('https://idp', [await makeSamlKey(2048, -1)])],
  ['says nothing', async () => ''],
])('a provider that %s', async (_what, make) => {
  expect(complaints(await examinedWith(await make()))).toEqual(['fault metadata'])
})
