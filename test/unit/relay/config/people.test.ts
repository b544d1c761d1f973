import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeAuditKey } from '../../../../relay/audit/audit-key.ts'
import { loadConfig } from '../../../../relay/config/load.ts'
import { MetadataSource, requireMetadataFile } from '../../../../relay/saml/metadata-source.ts'
import { ServiceProvider } from '../../../../relay/saml/service-provider.ts'
import { makeAirflowKeys } from '../../../../relay/upstream/airflow-keys.ts'
import { entityId, makeSamlKey, samlMetadata } from '../../../support/saml-provider.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'people-'))
  const write = (name: string, content: string, mode = 0o600) =>
    writeFileSync(join(folder, name), content, { mode })
  for (const { name, content, mode } of [...makeAirflowKeys(), ...makeAuditKey('x/audit')])
    write(name, content, mode)
  const [key, other, weak, expired, ec] = await Promise.all([
    makeSamlKey(),
    makeSamlKey(),
    makeSamlKey(1024),
    makeSamlKey(2048, -1),
    makeSamlKey(null),
  ])
  write('sp.key', key.privateKey)
  write('open.key', key.privateKey, 0o644)
  write('sp.crt', key.certificate)
  write('other.crt', other.certificate)
  write('weak.key', weak.privateKey)
  write('weak.crt', weak.certificate)
  const sso = 'https://idp.example.com/sso'
  write('idp.xml', samlMetadata(sso, [other, expired]))
  write('expired.xml', samlMetadata(sso, [other], { entity: 'validUntil="2020-01-01T00:00:00Z"' }))
  write('old-keys.xml', samlMetadata(sso, [expired]))
  write('ec.xml', samlMetadata(sso, [ec]))
  write('weak.xml', samlMetadata(sso, [weak]))
  write('script.xml', samlMetadata('javascript:alert(1)', [other]))
  write('doctype.xml', `<!DOCTYPE x>${samlMetadata(sso, [other])}`)
  write('other.xml', samlMetadata(sso, [other]).replace(entityId, 'https://other'))
  write('none.xml', 'no XML')
})
afterAll(() => rm(folder, { recursive: true }))

function load(identity: object) {
  const path = join(folder, 'relay.yaml')
  const config = {
    version: 1,
    publicUrl: 'http://127.0.0.1:8443',
    listen: { plain: true },
    identity,
    services: { airflow: { type: 'airflow', url: 'http://airflow', identity: { keyFile: 'relay.pem' } } },
    policy: { contact: 'Ask us.', grants: [] },
    audit: { file: 'audit.jsonl', keyFile: 'audit.pem', origin: 'x/audit' },
  }
  writeFileSync(path, JSON.stringify(config))
  return loadConfig(path)
}
const oidc = { issuer: 'https://id.example.com', clientId: 'jetway', audience: 'relay' }
const saml = (more: object = {}) => ({ saml: { entityId, metadata: { file: 'idp.xml' }, ...more } })

test('paths are made absolute, and keys are read', () => {
  const { identity } = load({ ...saml({ signing: { key: 'sp.key', cert: 'sp.crt' } }) })
  expect(identity.saml).toMatchObject({
    metadata: { file: join(folder, 'idp.xml') },
    signing: { key: expect.stringContaining('PRIVATE KEY'), cert: expect.stringContaining('CERTIFICATE') },
    sessionMinutes: 480,
    clockToleranceSeconds: 30,
  })
  expect(identity.tokens.keyFolder).toBe(join(folder, 'jetway-keys'))
})

test.each<[object, string]>([
  [{}, 'identity nobody could sign in: oidc or saml is missing'],
  [{ oidc, ...saml() }, 'identity.saml people sign in in one way: it cannot be there beside oidc'],
  [saml({ metadata: {} }), 'identity.saml.metadata has to be a url or a file, one of them'],
  [
    saml({ metadata: { file: 'idp.xml', url: 'https://x' } }),
    'identity.saml.metadata has to be a url or a file, one of them',
  ],
  [
    saml({ metadata: { url: 'http://idp.example.com/x' } }),
    'identity.saml.metadata.url has to be https, except on a loopback host',
  ],
  [saml({ metadata: { url: 'ftp://x' } }), 'identity.saml.metadata.url is not valid'],
  [
    saml({ metadata: { file: 'nowhere.xml' } }),
    'identity.saml.metadata.file nowhere.xml cannot be read (ENOENT)',
  ],
  [saml({ entityId: 'a b' }), 'identity.saml.entityId is not valid'],
  [
    saml({ signing: { key: 'sp.key', cert: 'other.crt' } }),
    'identity.saml.signing.key is not the key of the certificate',
  ],
  [
    saml({ signing: { key: 'open.key', cert: 'sp.crt' } }),
    'identity.saml.signing.key open.key can be read by others',
  ],
  [
    saml({ signing: { key: 'weak.key', cert: 'weak.crt' } }),
    'identity.saml.signing.key is no RSA key of 2048 bits or more',
  ],
  [
    saml({ signing: { key: 'relay.pem', cert: 'sp.crt' } }),
    'identity.saml.signing.key is no RSA key of 2048 bits or more',
  ],
  [
    saml({ signing: { key: 'sp.key', cert: 'idp.xml' } }),
    'identity.saml.signing.cert idp.xml holds no certificate',
  ],
  [saml({ clockToleranceSeconds: 61 }), 'identity.saml.clockToleranceSeconds is not valid'],
  [saml({ sessionMinutes: 1441 }), 'identity.saml.sessionMinutes is not valid'],
])('%j is refused', (identity, mistake) => {
  expect(() => load(identity)).toThrow(mistake)
})

test('metadata that can be used', async () => {
  await requireMetadataFile(load(saml()).identity.saml)
  await requireMetadataFile(load({ oidc }).identity.saml)
})

test.each([
  ['expired.xml', 'have expired'],
  ['old-keys.xml', 'no certificate for signatures that can be used: valid until '],
  ['weak.xml', 'RSA of 1024 bits'],
  ['ec.xml', 'that can be used: ec, and only RSA is taken'],
  ['script.xml', 'is no web address'],
  ['doctype.xml', 'DOCTYPE'],
  ['other.xml', 'are not of https://idp.example.com/saml'],
  ['none.xml', 'not complete'],
])('metadata in %s are refused', async (file, reason) => {
  const { saml: config } = load(saml({ metadata: { file } })).identity
  await expect(requireMetadataFile(config)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(reason),
  })
})

test('requests are signed where there is a key', async () => {
  const config = load(saml({ signing: { key: 'sp.key', cert: 'sp.crt' } })).identity.saml
  if (!config) throw new Error('no SAML')
  const relay = new ServiceProvider(config, 'https://relay', new MetadataSource(config, () => {}))
  const url = new URL(await relay.requestUrl('_1', 'ab', { fresh: false, maxAge: null, acrValues: [] }))
  expect(url.searchParams.get('SigAlg')).toBe('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256')
  expect(url.searchParams.get('Signature')).not.toBeNull()
  expect(relay.metadata).toContain('AuthnRequestsSigned="true"')
})
