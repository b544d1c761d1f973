import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { identityConfig } from '#shared/config/identity/identity.ts'
import { loadFederation } from '../../../../relay/config/load-federation.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'federation-config-'))
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const files = {
    'keys.json': JSON.stringify({ keys: [await exportJWK(publicKey)] }),
    'private.json': JSON.stringify({ keys: [await exportJWK(privateKey)] }),
    'secret.json': JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA' }] }),
    'none.json': '{"keys":[]}',
    'no.json': 'no',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
})
afterAll(() => rm(folder, { recursive: true }))

const oidc = { issuer: 'https://id.example.com', clientId: 'jetway', audience: 'jetway' }
const load = (federation: object[], more: object = {}) => {
  const mistakes: string[] = []
  const loaded = loadFederation(
    identityConfig.parse({ oidc, federation, ...more }),
    'https://relay.example.com',
    folder,
    (where, what) => mistakes.push(`${where.slice(3).join('.')} ${what}`),
  )
  return { loaded, mistakes }
}
const rule = (claims: object) => ({ name: 'r', claims, groups: ['g'] })
const github = (claims: object) => ({ name: 'ci', provider: 'github', audience: 'a', rules: [rule(claims)] })
const other = (part: object) => ({
  name: 'ci',
  issuer: 'https://ci.example.com',
  audience: 'a',
  rules: [rule({ sub: 'x' })],
  ...part,
})

test.each([
  { repository: 'acme/dags' },
  { repository: 'acme/*' },
  { repository: 'acme/dags-*', ref: '*' },
  { repository_owner: 'acme' },
  { repository_owner_id: '65' },
  { sub: 'repo:acme/dags:*' },
  { sub: 'repo:acme/*:ref:refs/heads/main' },
  { sub: 'repository_id:74:environment:production' },
  { sub: 'repository_owner:acme' },
])('at GitHub %o is about someone', (claims) => {
  expect(load([github(claims)]).mistakes).toEqual([])
})

test.each([
  {},
  { iss: 'https://token.actions.githubusercontent.com' },
  { ref: 'refs/heads/main' },
  { environment: 'production', ref: 'refs/heads/main' },
  { job_workflow_ref: 'acme/dags/.github/workflows/deploy.yaml@refs/heads/main' },
  { actor: 'ana' },
  { repository: '*' },
  { repository: 'acme*' },
  { repository: '*/dags' },
  { repository: 'ac*/dags' },
  { repository_owner: 'acme*' },
  { repository_owner: '*' },
  { repository_id: '7*' },
  { sub: '*' },
  { sub: 'repo:*' },
  { sub: 'repo:acme*' },
  { sub: 'repo:*/dags:ref:refs/heads/main' },
  { sub: 'environment:production' },
  { sub: 'environment:production:*' },
])('at GitHub %o lets in anyone, and is refused', (claims) => {
  expect(load([github(claims)]).mistakes).toEqual([
    expect.stringMatching(/^rules\.0\.claims would let in anyone whom the issuer knows/),
  ])
})

test.each<[string, object[], RegExp]>([
  ['at GitLab without a project', [{ ...github({ ref: 'main' }), provider: 'gitlab' }], /anyone/],
  ['at GitLab with every project', [{ ...github({ project_path: '*' }), provider: 'gitlab' }], /anyone/],
  ['of an issuer without a subject', [other({ rules: [rule({ email: 'x@y' })] })], /anyone/],
  ['of an issuer with any subject', [other({ rules: [rule({ sub: '*' })] })], /anyone/],
  ['of an issuer with one name of a subject', [other({ rules: [rule({ sub: 'project:*' })] })], /anyone/],
  [
    'of Kubernetes without a namespace',
    [other({ provider: 'kubernetes', rules: [rule({ serviceAccount: 'default' })] })],
    /anyone/,
  ],
  [
    'of Kubernetes with many namespaces',
    [other({ provider: 'kubernetes', rules: [rule({ namespace: 'air*' })] })],
    /anyone/,
  ],
  [
    'of Kubernetes with a claim that is not looked at',
    [other({ provider: 'kubernetes', rules: [rule({ namespace: 'a', sub: 'x' })] })],
    /rules\.0\.claims\.sub is not one of namespace, serviceAccount/,
  ],
  [
    'of GitHub as if it were another one',
    [other({ issuer: 'https://token.actions.githubusercontent.com/acme', rules: [rule({ sub: 'a' })] })],
    /^provider token\.actions\.githubusercontent\.com is of the provider github/,
  ],
  ['without an issuer', [other({ issuer: undefined })], /^issuer is missing/],
  ['of the people’s issuer', [other({ issuer: oidc.issuer })], /^issuer .* is an issuer already/],
  ['of the relay itself', [other({ issuer: 'https://relay.example.com' })], /is an issuer already/],
  ['of an issuer twice', [other({}), other({ name: 'two' })], /is an issuer already/],
  ['of a name twice', [other({}), other({ issuer: 'https://two.example.com' })], /^name ci is there twice/],
  ['of a rule twice', [other({ rules: [rule({ sub: 'x' }), rule({ sub: 'y' })] })], /name r is there twice/],
  ['in the clear', [other({ issuer: 'http://ci.example.com' })], /^issuer has to be https/],
  ['with keys in the clear', [other({ jwksUrl: 'http://ci.example.com/jwks' })], /^jwksUrl has to be https/],
  [
    'with keys in two places',
    [other({ jwksUrl: 'https://ci.example.com/jwks', jwksFile: 'keys.json' })],
    /^jwksFile contradicts jwksUrl/,
  ],
  ['with keys that are not there', [other({ jwksFile: 'gone.json' })], /cannot be read \(ENOENT\)/],
  ['with keys that are none', [other({ jwksFile: 'no.json' })], /is not what it has to be/],
  ['with no keys', [other({ jwksFile: 'none.json' })], /is not what it has to be/],
  ['with private keys', [other({ jwksFile: 'private.json' })], /is not what it has to be/],
  ['with a shared secret', [other({ jwksFile: 'secret.json' })], /is not what it has to be/],
  ['with authorities that are none', [other({ caFile: 'keys.json' })], /^caFile .* is not what it has to be/],
  ['with a token that is not there', [other({ tokenFile: 'gone' })], /^tokenFile gone cannot be read/],
])('a federation %s is refused', (_what, federation, says) => {
  expect(load(federation).mistakes).toEqual([expect.stringMatching(says)])
})

test.each<[string, object]>([
  ['rules', { rules: [] }],
  [
    'more rules than fit',
    { rules: Array.from({ length: 101 }, (_, i) => ({ ...rule({ sub: 'x' }), name: `r${i}` })) },
  ],
  ['groups', { rules: [{ ...rule({ sub: 'x' }), groups: [] }] }],
  [
    'more claims than fit',
    { rules: [rule(Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`c${i}`, 'x'])))] },
  ],
  ['a claim that is no text', { rules: [rule({ sub: 7 })] }],
  ['a claim of nothing', { rules: [rule({ sub: '' })] }],
  ['an audience', { audience: '' }],
  ['algorithms with a shared secret', { algorithms: ['HS256'] }],
])('a federation is held to its limits: %s', (_what, part) => {
  expect(identityConfig.safeParse({ oidc, federation: [other(part)] }).success).toBe(false)
})

test('files are found from the configuration on', () => {
  expect(load([other({ jwksFile: 'keys.json' })])).toMatchObject({
    mistakes: [],
    loaded: [{ jwksFile: join(folder, 'keys.json') }],
  })
})

test('where tokens have to be bound to a key, no platform’s could come in', () => {
  const dpop = { required: true }
  expect(load([other({})], { dpop }).mistakes).toEqual([
    expect.stringMatching(/leaves federation without use/),
  ])
  expect(load([], { dpop }).mistakes).toEqual([])
})
