import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../../../../demo/free-port.ts'
import { loadConfig } from '../../../../relay/config/load.ts'
import type { Finding } from '../../../../relay/doctor/finding.ts'
import { examineIdentity } from '../../../../relay/doctor/identity.ts'
import { type BalancedRelay, signers, startBalancedRelay } from '../../../support/balanced-relay.ts'
import type { Signer } from '../../../support/balancer.ts'
import { complaints, relayFolder } from '../../../support/doctor.ts'
import { startToldUpstream } from '../../../support/told-upstream.ts'

const members = { 'data-eng': ['ana@example.com'] }
let site: BalancedRelay
beforeAll(async () => {
  site = await startBalancedRelay({ signedHeaders: { 'google-iap': { members } } })
})
afterAll(() => site?.close())

const about = (signer: Signer, found: readonly Finding[]) =>
  found.filter((finding) => finding.about === `identity.signedHeaders.${signer}`)

/** What the doctor finds of one balancer, with more of its configuration. */
async function examinedWith(signer: Signer, more: object = {}): Promise<readonly Finding[]> {
  const listen = { host: '127.0.0.1', port: await freePort(), plain: true }
  const one = { ...site.balancers.config(signer), listen, publicUrl: 'https://airflow.example.org', ...more }
  const folder = await relayFolder({
    oidc: { issuer: site.provider.issuer, clientId: 'jetway', audience: 'urn:test:relay' },
    signedHeaders: { [signer]: one },
  })
  return about(signer, await examineIdentity(loadConfig(join(folder, 'relay.yaml')), null))
}

test('of a relay that runs behind all four there is no complaint', async () => {
  const found = await examineIdentity(loadConfig(site.relay.configFile), null)
  for (const signer of signers) {
    const own = about(signer, found)
    expect(complaints(own)).toEqual([])
    const ok = own.filter(({ level }) => level === 'ok').map(({ check }) => check)
    expect(ok).toEqual(
      expect.arrayContaining(['keys', 'listener', signer === 'aws-alb' ? 'signer' : 'audience']),
    )
  }
})

test('where the relay does not run yet, that is noted', async () => {
  const found = await examinedWith('jwt')
  expect(complaints(found)).toEqual([])
  expect(found.find(({ check }) => check === 'listener')).toMatchObject({
    level: 'note',
    what: expect.stringContaining('ECONNREFUSED'),
  })
})

test('something else that answers on the port is told', async () => {
  const other = await startToldUpstream()
  onTestFinished(() => other.close())
  const listen = { host: '127.0.0.1', port: Number(new URL(other.url).port), plain: true }
  expect(complaints(await examinedWith('jwt', { listen }))).toEqual(['fault listener'])
})

test('so is an address that is not of this machine', async () => {
  const listen = { host: '192.0.2.7', port: 9443, plain: 'network' }
  expect(complaints(await examinedWith('jwt', { listen }))).toEqual(['fault listener'])
})

test('Google’s proxy says nothing of groups: without members nobody may do anything', async () => {
  expect(complaints(await examinedWith('google-iap'))).toEqual(['fault groups'])
  expect(complaints(await examinedWith('google-iap', { members }))).toEqual([])
  expect(complaints(await examinedWith('google-iap', { members: { other: ['ana'] } }))).toEqual([
    'warning groups',
  ])
})

test('keys that cannot be fetched are told', async () => {
  const found = await examinedWith('jwt', { jwksUrl: 'http://127.0.0.1:1/jwks' })
  expect(complaints(found)).toEqual(['fault keys'])
  const real = globalThis.fetch
  const cut = vi.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
    const isOfAws = String(url).includes('public-keys.auth.elb')
    return isOfAws ? Promise.reject(new TypeError('fetch failed')) : real(url, init)
  })
  onTestFinished(() => cut.mockRestore())
  expect(complaints(await examinedWith('aws-alb'))).toEqual(['fault keys'])
})

test.each([
  ['RS256', 2048, []],
  ['ES256', 2048, ['fault algorithms']],
  ['RS256', 1024, ['fault keys', 'fault algorithms']],
])(
  'keys in a file, where %s is accepted and RSA of %d bits is there',
  async (algorithm, modulusLength, expected) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength })
    const folder = await relayFolder({})
    const jwksFile = join(folder, 'jwks.json')
    await writeFile(jwksFile, JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }))
    const found = await examinedWith('jwt', { jwksUrl: undefined, jwksFile, algorithms: [algorithm] })
    expect(complaints(found)).toEqual(expected)
    if (algorithm === 'ES256')
      expect(found.find(({ check }) => check === 'algorithms')?.remedy).toContain(
        'identity.signedHeaders.jwt.algorithms',
      )
  },
)
