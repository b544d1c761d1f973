import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeAuditKey } from '../../../../relay/audit/audit-key.ts'
import { loadConfig } from '../../../../relay/config/load.ts'
import { trustChanges } from '../../../../relay/reload/trust-changes.ts'
import { makeAirflowKeys } from '../../../../relay/upstream/airflow-keys.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'))
  for (const { name, content, mode } of [...makeAirflowKeys(), ...makeAuditKey('x/audit')])
    await writeFile(join(folder, name), content, { mode })
  await writeFile(join(folder, 'secret'), `Bearer ${'x'.repeat(40)}\n`, { mode: 0o600 })
  await writeFile(join(folder, 'short'), 'Bearer x', { mode: 0o600 })
  await writeFile(join(folder, 'open'), `Bearer ${'x'.repeat(40)}`)
  await chmod(join(folder, 'open'), 0o644)
})
afterAll(() => rm(folder, { recursive: true }))

async function load(ssf?: object) {
  const path = join(folder, 'relay.yaml')
  const config = {
    version: 1,
    publicUrl: 'http://127.0.0.1:8443',
    listen: { plain: true },
    identity: { oidc: { issuer: 'https://id.example.com', clientId: 'c', audience: 'a' }, ssf },
    services: {
      airflow: { type: 'airflow', url: 'http://airflow:8080', identity: { keyFile: 'relay.pem' } },
    },
    policy: { contact: 'Ask us.', grants: [] },
    audit: { file: 'audit.jsonl', keyFile: 'audit.pem' },
  }
  await writeFile(path, JSON.stringify(config))
  return loadConfig(path)
}
const good = { issuer: 'https://id.example.com', audience: 'urn:events', authorizationFile: 'secret' }

test('what the transmitter sends is read from its file, without the line feed', async () => {
  expect((await load(good)).ssfAuthorization).toBe(`Bearer ${'x'.repeat(40)}`)
  expect((await load()).ssfAuthorization).toBeNull()
})

test.each([
  ['that is not there', { authorizationFile: 'none' }, 'none cannot be read'],
  ['that others can read', { authorizationFile: 'open' }, 'open can be read by others; chmod 600 it'],
  ['that can be guessed', { authorizationFile: 'short' }, 'short holds less than 32 characters'],
  ['that is not named', { authorizationFile: undefined }, 'authorizationFile is missing'],
  ['in the clear', { issuer: 'http://id.example.com' }, 'identity.ssf.issuer has to be https'],
  ['with keys in the clear', { jwksUrl: 'http://id.example.com/k' }, 'identity.ssf.jwksUrl has to be https'],
  ['for nobody', { audience: '' }, 'identity.ssf.audience'],
])('events %s are refused at the start', async (_what, change, mistake) => {
  await expect(load({ ...good, ...change })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    params: { reason: expect.stringContaining(mistake) },
  })
})

test('to hear of nobody any more whose session is over widens', async () => {
  const [without, with_, other] = [
    await load(),
    await load(good),
    await load({ ...good, issuer: 'https://other.example.com' }),
  ]
  const words = ['identity.ssf hears no more of https://id.example.com whose sessions and accounts are over']
  expect(trustChanges(without, with_)).toEqual([])
  expect(trustChanges(with_, without)).toEqual(words)
  expect(trustChanges(with_, other)).toEqual(words)
})
