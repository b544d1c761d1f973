import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { federationConfig } from '#shared/config/identity/federation.ts'
import { makeCertificate } from '../../../../demo/certificate.ts'
import { createFederatedAuthenticator } from '../../../../relay/identity/federation.ts'
import { deploys, job, jobAttacks, jobToken as jobTokenOf } from '../../../support/attacks/jobs.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

let provider: TokenProvider
let folder: string
beforeAll(async () => {
  provider = await startTokenProvider()
  folder = await mkdtemp(join(tmpdir(), 'federation-'))
})
afterAll(async () => {
  await provider.close()
  await rm(folder, { recursive: true })
})

const authenticator = (part: object) =>
  createFederatedAuthenticator(
    federationConfig.parse([{ name: 'ci', issuer: provider.issuer, audience, ...part }])[0] as never,
  )
const seconds = (n: number) => Math.floor(Date.now() / 1000) + n

const github = () =>
  authenticator({
    provider: 'github',
    rules: [{ name: 'deploys', claims: deploys, groups: ['ci-deploy'] }],
  })
const jobToken = (claims?: Record<string, unknown>, header?: Record<string, unknown>) =>
  jobTokenOf(provider, claims, header)

test('a job is the machine that the rule says, as often as it comes', async () => {
  const ci = github()
  const token = await jobToken()
  const { principal, keyThumbprint } = await ci.authenticate(token)
  expect(principal).toEqual({
    kind: 'machine',
    issuer: provider.issuer,
    subject: job.sub,
    name: 'ci:acme/dags@refs/heads/main',
    email: null,
    groups: ['ci-deploy'],
    authTime: null,
    expires: expect.any(Number),
    authentication: {
      by: 'identity.federation.ci',
      tokenId: 'f00d',
      sessionId: null,
      acr: null,
      issuedAt: expect.any(Number),
      rule: 'deploys',
    },
  })
  expect(keyThumbprint).toBeNull()
  expect((await ci.authenticate(token)).principal).toEqual(principal)
})

test('what the token says of groups and an e-mail address is not believed', async () => {
  const { principal } = await github().authenticate(
    await jobToken({ groups: ['admins'], email: 'ana@example.com', preferred_username: 'ana@example.com' }),
  )
  expect(principal).toMatchObject({
    groups: ['ci-deploy'],
    email: null,
    name: 'ci:acme/dags@refs/heads/main',
  })
})

const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const signedByHand = (payload: string) => {
  const part = (text: string) => Buffer.from(text).toString('base64url')
  const signed = `${part(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: 'one' }))}.${part(payload)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), other.privateKey).toString('base64url')}`
}

/** Through a whole relay: see test/unit/relay/attacks.test.ts. */
test.each(jobAttacks)(
  'a token %s is refused, and the caller is not told why',
  async (_what, make, code = 'UNAUTHENTICATED') => {
    const error = await github()
      .authenticate(await make(provider))
      .catch((e) => e)
    expect(error).toMatchObject({ code })
    expect(error.cause).toBeInstanceOf(Error)
    expect(error.message).toMatch(/^(The relay did not accept who you are|The access token ran out)/)
  },
)

test('a claim that stands twice is refused, whichever is meant', async () => {
  const jwksFile = join(folder, 'twice.json')
  const jwk = { ...other.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' }
  await writeFile(jwksFile, JSON.stringify({ keys: [jwk] }))
  const ci = authenticator({
    provider: 'github',
    jwksFile,
    rules: [{ name: 'r', claims: { repository: 'acme/dags' }, groups: ['g'] }],
  })
  const claims = `"iss":"${provider.issuer}","aud":"${audience}","sub":"x","iat":${seconds(0)},"exp":${seconds(60)}`
  const token = (more: string) => signedByHand(`{${claims},${more}}`)
  expect(await ci.authenticate(token('"repository":"acme/dags"'))).toMatchObject({
    principal: { subject: 'x' },
  })
  for (const repositories of [
    '"repository":"acme/dags","repository":"evil/dags"',
    '"repository":"evil/dags","repository":"acme/dags"',
    '"repository":"evil/dags","\\u0072epository":"acme/dags"',
  ])
    await expect(ci.authenticate(token(repositories))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('the first rule that fits says the groups', async () => {
  const ci = authenticator({
    provider: 'github',
    rules: [
      { name: 'main', claims: { repository: 'acme/dags', ref: 'refs/heads/main' }, groups: ['deploy'] },
      { name: 'any', claims: { repository: 'acme/*' }, groups: ['read'] },
    ],
  })
  const groupsAt = async (claims: object) =>
    (await ci.authenticate(await jobToken(claims as never))).principal.groups
  expect(await groupsAt({})).toEqual(['deploy'])
  expect(await groupsAt({ ref: 'refs/heads/dev' })).toEqual(['read'])
  expect(await groupsAt({ repository: 'acme/other' })).toEqual(['read'])
})

test('a claim is the token’s own, not what every object has', async () => {
  const ci = authenticator({
    rules: [{ name: 'r', claims: { sub: 'x', 'constructor.name': '*', toString: '*' }, groups: ['g'] }],
  })
  await expect(ci.authenticate(await jobToken({ sub: 'x' }))).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  })
})

test('a job of GitLab’s', async () => {
  const ci = authenticator({
    name: 'gitlab',
    provider: 'gitlab',
    rules: [{ name: 'r', claims: { project_path: 'acme/dags', ref_protected: 'true' }, groups: ['g'] }],
  })
  const claims = {
    sub: 'project_path:acme/dags:ref_type:branch:ref:main',
    project_path: 'acme/dags',
    ref: 'main',
    ref_protected: 'true',
  }
  const { principal } = await ci.authenticate(await jobToken(claims))
  expect(principal).toMatchObject({ name: 'gitlab:acme/dags@main', groups: ['g'] })
  await expect(ci.authenticate(await jobToken({ ...claims, ref_protected: 'false' }))).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  })
})

test('a name that nobody could read is the subject’s', async () => {
  const ci = authenticator({
    provider: 'github',
    rules: [{ name: 'r', claims: { repository: 'acme/dags' }, groups: ['g'] }],
  })
  const nameOf = async (claims: object) =>
    (await ci.authenticate(await jobToken(claims as never))).principal.name
  expect(await nameOf({ ref: `refs/heads/${'x'.repeat(300)}` })).toBe(`ci:${job.sub}`)
  expect(await nameOf({ ref: 'refs/heads/a\u202eb' })).toBe(`ci:${job.sub}`)
  expect(await nameOf({ ref: undefined })).toBe(`ci:${job.sub}`)
})

describe('service accounts of Kubernetes', () => {
  const workers = () =>
    authenticator({
      name: 'k8s',
      provider: 'kubernetes',
      rules: [
        {
          name: 'workers',
          claims: { namespace: 'airflow', serviceAccount: 'airflow-worker' },
          groups: ['g'],
        },
      ],
    })
  const sub = 'system:serviceaccount:airflow:airflow-worker'
  const account = (more: object = {}) => ({
    namespace: 'airflow',
    serviceaccount: { name: 'airflow-worker', uid: '00000000-0000-0000-0000-000000000000' },
    pod: { name: 'airflow-worker-0', uid: '11111111-1111-1111-1111-111111111111' },
    ...more,
  })
  const token = (claims: Record<string, unknown> = {}) =>
    provider.token(
      { email: undefined, groups: undefined, sub, 'kubernetes.io': account(), aud: [audience], ...claims },
      { typ: undefined },
    )

  test('are machines of their names', async () => {
    const { principal } = await workers().authenticate(await token())
    expect(principal).toMatchObject({
      kind: 'machine',
      subject: sub,
      name: 'k8s:airflow@airflow-worker',
      groups: ['g'],
    })
  })

  test.each<[string, Record<string, unknown>]>([
    [
      'of another namespace',
      { sub: 'system:serviceaccount:evil:airflow-worker', 'kubernetes.io': account({ namespace: 'evil' }) },
    ],
    [
      'of another account',
      {
        sub: 'system:serviceaccount:airflow:evil',
        'kubernetes.io': account({ serviceaccount: { name: 'evil' } }),
      },
    ],
    ['whose subject is of another namespace', { sub: 'system:serviceaccount:evil:airflow-worker' }],
    ['whose claim is of another namespace', { 'kubernetes.io': account({ namespace: 'evil' }) }],
    ['whose claim is of another account', { 'kubernetes.io': account({ serviceaccount: { name: 'evil' } }) }],
    ['of someone who is no service account', { sub: 'system:node:airflow:airflow-worker' }],
    ['with a name in more parts', { sub: `${sub}:x` }],
    ['for nobody', { aud: undefined }],
    ['for the API server as well', { aud: [audience, 'https://kubernetes.default.svc'] }],
    ['for ever', { exp: undefined }],
    ['for a year', { exp: seconds(365 * 86_400) }],
    [
      'of the old kind',
      {
        'kubernetes.io': undefined,
        'kubernetes.io/serviceaccount/namespace': 'airflow',
        'kubernetes.io/serviceaccount/service-account.name': 'airflow-worker',
      },
    ],
    ['of the old kind, with nothing', { 'kubernetes.io': null }],
  ])('a token %s is refused', async (_what, claims) => {
    await expect(workers().authenticate(await token(claims))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
  })

  test('the API server is asked for its keys as the pod may, by its own authority', async () => {
    const files = await makeCertificate(folder, ['127.0.0.1'])
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'first\n')
    const asked: (string | undefined)[] = []
    const jwks = await (await fetch(`${provider.issuer}/jwks`)).text()
    const server = createServer(
      { cert: await readFile(files.cert), key: await readFile(files.key) },
      (request, response) => {
        asked.push(request.headers.authorization)
        if (request.url === '/openid/v1/jwks') response.end(jwks)
        else response.writeHead(302, { location: `${provider.issuer}/jwks` }).end()
      },
    )
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const rules = [{ name: 'r', claims: { namespace: 'airflow' }, groups: ['g'] }]
    const k8s = (part: object) => authenticator({ name: 'k8s', provider: 'kubernetes', rules, ...part })
    const jwksUrl = `${origin}/openid/v1/jwks`

    const good = k8s({ jwksUrl, caFile: files.ca, tokenFile })
    expect((await good.authenticate(await token())).principal).toMatchObject({ subject: sub })
    expect(asked).toEqual(['Bearer first'])
    await writeFile(tokenFile, 'second')
    await k8s({ jwksUrl, caFile: files.ca, tokenFile }).ready()
    expect(asked.at(-1)).toBe('Bearer second')

    const away = { code: 'PROVIDER_UNREACHABLE' }
    await expect(k8s({ jwksUrl }).ready()).rejects.toMatchObject(away)
    await expect(k8s({ jwksUrl: `${origin}/moved`, caFile: files.ca }).ready()).rejects.toMatchObject(away)
    await expect(k8s({ issuer: origin, caFile: files.ca }).ready()).rejects.toMatchObject(away)
  })

  test('the pod’s token is for the issuer alone, wherever that says its keys are', async () => {
    const tokenFile = join(folder, 'own-token')
    await writeFile(tokenFile, 'secret')
    const asked: [string | undefined, string | undefined][] = []
    const jwks = await (await fetch(`${provider.issuer}/jwks`)).text()
    const { createServer: createHttpServer } = await import('node:http')
    const elsewhere = createHttpServer((request, response) => {
      asked.push(['keys', request.headers.authorization])
      response.end(jwks)
    })
    const issuerServer = createHttpServer((request, response) => {
      asked.push(['issuer', request.headers.authorization])
      response.end(
        JSON.stringify({ issuer: originOf(issuerServer), jwks_uri: `${originOf(elsewhere)}/jwks` }),
      )
    })
    const originOf = (server: typeof elsewhere) =>
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const server of [elsewhere, issuerServer]) {
      onTestFinished(() => {
        server.close()
        server.closeAllConnections()
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    }
    const rules = [{ name: 'r', claims: { namespace: 'airflow' }, groups: ['g'] }]
    await authenticator({ provider: 'kubernetes', rules, issuer: originOf(issuerServer), tokenFile }).ready()
    expect(asked).toEqual([
      ['issuer', 'Bearer secret'],
      ['keys', undefined],
    ])
  })
})
