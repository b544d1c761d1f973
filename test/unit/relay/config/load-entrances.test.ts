import { generateKeyPairSync } from 'node:crypto'
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeAuditKey } from '../../../../relay/audit/audit-key.ts'
import { loadConfig } from '../../../../relay/config/load.ts'
import { changedFixedKeys } from '../../../../relay/reload/fixed-keys.ts'
import { trustChanges } from '../../../../relay/reload/trust-changes.ts'
import { makeAirflowKeys } from '../../../../relay/upstream/airflow-keys.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrances-'))
  await cp(join(import.meta.dirname, '../../../fixtures/tls'), folder, { recursive: true })
  await chmod(join(folder, 'localhost.key'), 0o600)
  for (const { name, content, mode } of [...makeAirflowKeys(), ...makeAuditKey('x/audit')])
    await writeFile(join(folder, name), content, { mode })
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const write = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value))
  await write('jwks.json', { keys: [publicKey.export({ format: 'jwk' })] })
  await write('private.json', { keys: [privateKey.export({ format: 'jwk' })] })
  await write('empty.json', { keys: [] })
})
afterAll(() => rm(folder, { recursive: true }))

const signer =
  'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/airflow/50dc6c495c0c9188'
const alb = {
  from: 'aws-alb',
  signer,
  clientId: 'balancer',
  issuer: 'https://id.example.com',
  publicUrl: 'https://airflow.example.com',
  listen: { host: '10.0.0.7', port: 9443, tls: { cert: 'localhost.crt', key: 'localhost.key' } },
}
const common = { listen: { port: 9001, plain: true }, publicUrl: 'https://x.example.com' }
const jwt = { from: 'jwt', header: 'x-proxy', issuer: 'p', audience: 'a', jwksFile: 'jwks.json', ...common }
const iap = { from: 'google-iap', audience: '/projects/1/apps/x', ...common }
const access = { from: 'cloudflare-access', team: 'example', audience: 'a'.repeat(64), ...common }

async function load(signedHeaders: object, more: object = {}) {
  const path = join(folder, 'relay.yaml')
  const document = {
    version: 1,
    publicUrl: 'https://relay.example.com',
    listen: { host: '127.0.0.1', port: 8443, plain: true },
    identity: {
      oidc: { issuer: 'https://id.example.com', clientId: 'jetway', audience: 'relay' },
      signedHeaders,
    },
    services: {
      airflow: { type: 'airflow', url: 'http://127.0.0.1:1', identity: { keyFile: 'relay.pem' } },
    },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'g', role: 'viewer' }] },
    audit: { file: 'audit.jsonl', keyFile: 'audit.pem' },
    ...more,
  }
  await writeFile(path, JSON.stringify(document, null, 1))
  return loadConfig(path)
}

test('each balancer has a listener, with its files read', async () => {
  const { entrances } = await load({ alb, proxy: jwt })
  expect(entrances.alb).toMatchObject({
    listen: { host: '10.0.0.7', port: 9443, tls: { cert: expect.stringContaining('BEGIN CERTIFICATE') } },
    config: { signer, groupsClaim: 'groups', forwardedFor: 0, members: {} },
    jwks: null,
  })
  expect(entrances.proxy?.jwks).toHaveLength(1)
  expect((await load({})).entrances).toEqual({})
})

test.each<[string, object, object?]>([
  ['is for a loopback host only', { alb: { ...alb, listen: { host: '10.0.0.7', port: 9443, plain: true } } }],
  ['tls is missing', { alb: { ...alb, listen: { port: 9443 } } }],
  ['contradicts tls', { alb: { ...alb, listen: { ...alb.listen, plain: 'network' } } }],
  [
    'other.crt cannot be read',
    { alb: { ...alb, listen: { ...alb.listen, tls: { cert: 'other.crt', key: 'localhost.key' } } } },
  ],
  ['is the relay’s own port', { proxy: { ...jwt, listen: { port: 8443, plain: true } } }],
  ['is the port of proxy', { proxy: jwt, second: iap }],
  ['is the port of metrics', { proxy: jwt }, { metrics: { port: 9001 } }],
  ['is the port of health', { proxy: jwt }, { health: { port: 9001 } }],
  ['reaches the service that direct names', { proxy: jwt }, { direct: null }],
  ['is the relay’s own; the balancer’s', { proxy: { ...jwt, publicUrl: 'https://relay.example.com' } }],
  ['has to be https', { proxy: { ...jwt, publicUrl: 'http://x.example.com' } }],
  ['is missing', { proxy: { ...jwt, publicUrl: undefined } }],
  ['is missing', { proxy: { ...jwt, listen: undefined } }],
  ['takes either jwksUrl or jwksFile', { proxy: { ...jwt, jwksUrl: 'https://x.example.com/jwks' } }],
  ['takes either jwksUrl or jwksFile', { proxy: { ...jwt, jwksFile: undefined } }],
  ['has to be https', { proxy: { ...jwt, jwksFile: undefined, jwksUrl: 'http://x.example.com/jwks' } }],
  ['holds no JWKS of public keys', { proxy: { ...jwt, jwksFile: 'private.json' } }],
  ['holds no JWKS of public keys', { proxy: { ...jwt, jwksFile: 'empty.json' } }],
  ['holds no JWKS of public keys', { proxy: { ...jwt, jwksFile: 'localhost.crt' } }],
  ['begins with x-', { proxy: { ...jwt, header: 'authorization' } }],
  ['begins with x-', { proxy: { ...jwt, header: 'X-Proxy' } }],
  ['begins with x-', { proxy: { ...jwt, header: 'x_proxy' } }],
  ['is not valid', { proxy: { ...jwt, algorithms: ['HS256'] } }],
  ['is not valid', { proxy: { ...jwt, algorithms: ['none'] } }],
  ['is not valid', { proxy: { ...jwt, algorithms: [] } }],
  ['the ARN of an Application Load Balancer', { alb: { ...alb, signer: '*' } }],
  ['the ARN of an Application Load Balancer', { alb: { ...alb, signer: signer.replace('/app/', '/net/') } }],
  [
    'the ARN of an Application Load Balancer',
    { alb: { ...alb, signer: signer.replace('eu-central-1', 'x.evil.example/') } },
  ],
  ['is missing', { alb: { ...alb, signer: undefined } }],
  ['is missing', { alb: { ...alb, clientId: undefined } }],
  ['is not valid', { alb: { ...alb, issuer: 'http://id.example.com' } }],
  ['from /projects/ on', { iap: { ...iap, audience: 'x' } }],
  ['the name before .cloudflareaccess.com', { cf: { ...access, team: 'evil.example/' } }],
  ['64 hexadecimal digits', { cf: { ...access, audience: 'x' } }],
  ['aws-alb, google-iap, cloudflare-access or jwt', { x: { ...jwt, from: 'header' } }],
  ['is not a key', { proxy: { ...jwt, trustEveryone: true } }],
])('refused at start: %s', async (what, signedHeaders, more) => {
  const error = await load(signedHeaders, more).catch((e) => e)
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
  expect(error.params.reason).toContain(what)
  expect(error.params.reason).toMatch(/relay\.yaml:\d+ identity\.signedHeaders/)
})

test('a listener neither comes, goes nor moves while the relay runs', async () => {
  const before = await load({ proxy: jwt })
  const key = 'identity.signedHeaders.proxy.listen'
  expect(changedFixedKeys(before, await load({}))).toEqual([key])
  expect(changedFixedKeys(await load({}), before)).toEqual([key])
  for (const change of [
    { listen: { port: 9002, plain: true } },
    { publicUrl: 'https://y.example.com' },
    { forwardedFor: 1 },
  ])
    expect(changedFixedKeys(before, await load({ proxy: { ...jwt, ...change } }))).toEqual([key])
  expect(changedFixedKeys(before, await load({ proxy: { ...jwt, groupsClaim: 'roles' } }))).toEqual([])
})

test.each<[RegExp, object]>([
  [/issuer decides who people are/, { issuer: 'other' }],
  [/audience decides/, { audience: 'other' }],
  [/header decides/, { header: 'x-other' }],
  [/groupsClaim decides/, { groupsClaim: 'roles' }],
  [/algorithms decides/, { algorithms: ['ES256', 'RS256'] }],
  [/jwksUrl decides/, { jwksFile: undefined, jwksUrl: 'https://x.example.com/jwks' }],
  [/members puts ana into g/, { members: { g: ['ana'] } }],
  [/clockToleranceSeconds lets tokens live longer/, { clockToleranceSeconds: 60 }],
])('who is let in by other means is said: %s', async (what, change) => {
  const before = await load({ proxy: jwt })
  expect(trustChanges(before, await load({ proxy: { ...jwt, ...change } })).join('\n')).toMatch(what)
})

test('and nothing is said of what narrows', async () => {
  const before = await load({ proxy: { ...jwt, members: { g: ['ana'] } } })
  expect(trustChanges(before, await load({ proxy: { ...jwt, clockToleranceSeconds: 0 } }))).toEqual([])
})
