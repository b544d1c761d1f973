import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../../demo/free-port.ts'
import {
  audience,
  clientId,
  type DemoProvider,
  scopes,
  startProvider,
} from '../../../demo/provider/provider.ts'
import { signInOverHttp } from '../../../demo/sign-in-over-http.ts'
import { startJetway } from '../../support/jetway-command.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { relayCommand } from '../../support/relay-command.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'

/** `jetway whoami` and what `jetway login` says to machines, as processes of their own. */
const main = join(import.meta.dirname, '../../../cli/main.ts')
const job = { sub: 'repo:acme/dags:ref:refs/heads/main', repository: 'acme/dags', ref: 'refs/heads/main' }
let provider: DemoProvider
let ci: TokenProvider
let relay: OwnRelay
let folder: string
let keyFile: string
beforeAll(async () => {
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  ci = await startTokenProvider()
  folder = await mkdtemp(join(tmpdir(), 'whoami-'))
  const { issuer } = provider
  relay = await startOwnRelay(issuer, {
    identity: {
      oidc: { issuer, clientId, audience, scopes, resource: audience },
      accessKeys: { groups: ['exports'] },
      federation: [
        {
          name: 'github',
          provider: 'github',
          issuer: ci.issuer,
          audience: 'urn:relay',
          rules: [{ name: 'main', claims: { repository: 'acme/dags' }, groups: ['deploy'] }],
        },
      ],
    },
    services: {
      site: { type: 'http', url: issuer, localPort: await freePort(), identity: { keyFile: 'relay.pem' } },
    },
    policy: { contact: 'Ask us.', grants: [] },
  })
  const args = ['--name', 'nightly', '--group', 'exports', '--days', '1', '--config', relay.configFile]
  keyFile = join(folder, 'key')
  await writeFile(keyFile, (await relayCommand('/', 'keys', 'create', ...args)).stdout, { mode: 0o600 })
})
afterAll(async () => {
  await relay?.close()
  await ci?.close()
  await provider?.close()
  await rm(folder, { recursive: true, force: true })
})

const newHome = () => mkdtemp(join(folder, 'home-'))
async function jetway(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, JETWAY_HOME: await newHome() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ])
  return { stdout, stderr, code }
}
const jsonOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout.trim().split('\n').at(-1) as string)

test('a person who is signed in is told whom the relay takes them for', async () => {
  const home = await newHome()
  const store = ['--token-store', 'memory']
  const connected = startJetway(['connect', '--relay', relay.url, '--no-browser', ...store], { home })
  await signInOverHttp((await connected.next('browse')).url as string, 'ana')
  await connected.next('connected')
  const who = startJetway(['whoami'], { home })
  expect(await who.next('whoami')).toMatchObject({
    environment: expect.any(String),
    kind: 'person',
    subject: 'ana',
    email: 'ana@example.com',
    issuer: provider.issuer,
    groups: expect.arrayContaining(['data-eng']),
    by: 'identity.oidc',
    rule: null,
    bound: true,
  })
  expect(await who.exit()).toBe(0)
  connected.child.kill('SIGINT')
  await connected.exit()
})

test('nobody is asked to sign in', async () => {
  const result = await jetway('whoami', '--relay', relay.url, '--json', '--token-store', 'memory')
  expect(result.code).toBe(4)
  expect(jsonOf(result)).toMatchObject({ event: 'error', problem: { code: 'SIGN_IN_REQUIRED' } })
})

test('a machine is told by which rule it is let in, or that it is not', async () => {
  const token = await ci.token(
    { ...job, aud: 'urn:relay', email: undefined, groups: undefined },
    { typ: 'JWT' },
  )
  const file = join(folder, 'token')
  await writeFile(file, token)
  const asked = ['whoami', '--relay', relay.url, '--token-file', file]
  expect(jsonOf(await jetway(...asked, '--json'))).toMatchObject({
    kind: 'machine',
    name: 'github:acme/dags@refs/heads/main',
    groups: ['deploy'],
    by: 'identity.federation.github',
    rule: 'main',
    bound: false,
  })
  const said = await jetway(...asked)
  expect(said.stderr).toBe('')
  expect(said.stdout).toMatch(/^github:acme\/dags@refs\/heads\/main at \S+, a machine of http/)
  expect(said.stdout).toMatch(/let in by identity\.federation\.github, rule main\n {2}groups: deploy\n/)
  expect(said.stdout).toMatch(/token: until \d{4}-\d\d-\d\dT\S+Z, of use to whoever has it/)
  expect(said.stdout).not.toContain(token)

  const claims = { ...job, repository: 'evil/dags', aud: 'urn:relay', email: undefined, groups: undefined }
  await writeFile(file, await ci.token(claims, { typ: 'JWT' }))
  const refused = await jetway(...asked, '--json')
  expect(refused.code).toBe(4)
  expect(jsonOf(refused)).toMatchObject({
    problem: { code: 'MACHINE_TOKEN_MISSING', detail: expect.stringContaining('was refused') },
  })
})

test('an access key works, and its token is bound', async () => {
  const result = await jetway('whoami', '--relay', relay.url, '--access-key-file', keyFile, '--json')
  expect(jsonOf(result)).toMatchObject({
    name: 'access-key:nightly',
    groups: ['exports'],
    by: 'identity.accessKeys',
    bound: true,
  })
  expect((await jetway('whoami', '--relay', relay.url, '--access-key-file', keyFile)).stdout).toContain(
    'of no use without the key that is here',
  )
})

test.each([[['--access-key-file', '/x']], [['--token-file', '/x']], [['--ci']]])(
  'jetway login %j says what to use instead',
  async (args) => {
    const { code, stderr } = await jetway('login', '--relay', relay.url, ...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(/jetway (whoami|run)|GitHub Actions/)
  },
)

test('jetway login --help says it too', async () => {
  const { stdout } = await jetway('login', '--help')
  expect(stdout).toMatch(/--access-key-file\).* jetway whoami/s)
  expect(stdout).not.toMatch(/^ +--ci/m)
})
