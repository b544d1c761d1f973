import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { memoryStore } from '#client/auth/token-store.ts'
import { Engine } from '#client/engine/engine.ts'
import { freePort } from '../../../demo/free-port.ts'
import { type CiPlatform, startCiPlatform } from '../../support/ci-platform.ts'
import { eventually } from '../../support/eventually.ts'
import { runJetway, startJetway } from '../../support/jetway-command.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { relayCommand } from '../../support/relay-command.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

const job = {
  sub: 'repo:acme/dags:ref:refs/heads/main',
  repository: 'acme/dags',
  ref: 'refs/heads/main',
}
/** What a job does: reads, and triggers, and says what came of it. */
const script = `
const call = async (method, path, body) => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(process.env.JETWAY_AIRFLOW_URL + path, { method, headers, body })
  return response.status
}
const secrets = Object.keys(process.env).filter((name) => /^JETWAY_(TOKEN|ACCESS_KEY)/.test(name))
console.log(JSON.stringify([
  await call('GET', '/api/v2/dags'),
  await call('POST', '/api/v2/dags/x/dagRuns', '{"logical_date":null}'),
  await call('POST', '/api/v2/variables', '{"key":"k","value":"v"}'),
  secrets,
]))
process.exit(7)
`

let people: TokenProvider
let ci: TokenProvider
let platform: CiPlatform
let upstream: ToldUpstream
let relay: OwnRelay
let folder: string

beforeAll(async () => {
  people = await startTokenProvider()
  ci = await startTokenProvider()
  platform = await startCiPlatform(ci)
  upstream = await startToldUpstream()
  folder = await mkdtemp(join(tmpdir(), 'machine-'))
  relay = await startOwnRelay(people.issuer, {
    identity: {
      federation: [
        {
          name: 'github',
          provider: 'github',
          issuer: ci.issuer,
          audience: 'urn:relay',
          rules: [
            { name: 'main', claims: { repository: 'acme/dags', ref: 'refs/heads/main' }, groups: ['deploy'] },
            { name: 'any', claims: { repository: 'acme/*' }, groups: ['read'] },
          ],
        },
      ],
      accessKeys: { groups: ['read'] },
    },
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'deploy', role: 'user' },
        { group: 'read', role: 'viewer' },
      ],
    },
  })
})
beforeEach(() => {
  platform.claims = job
  platform.audiences.length = 0
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  platform?.close()
  await ci?.close()
  await people?.close()
  await rm(folder, { recursive: true, force: true })
})

const jetway = async (args: readonly string[], env: Record<string, string> = {}) =>
  runJetway(args, { home: await mkdtemp(join(folder, 'home-')), env })
const runScript = async (args: readonly string[], env: Record<string, string> = {}) =>
  jetway(
    [
      ...['run', '--relay', relay.url, '--port', String(await freePort()), ...args],
      ...['--', process.execPath, '--input-type=module', '-e', script],
    ],
    env,
  )

test('a job of GitHub reaches Airflow with its own token, and is denied what its rule does not give', async () => {
  const { code, stdout, stderr } = await runScript(['--ci', '--audience', 'urn:relay'], platform.env)
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual([200, 200, 403, []])
  expect(code).toBe(7)
  expect(platform.audiences).toEqual(['urn:relay'])
  const records = await relay.records()
  expect(records.find(({ verb }) => verb === 'run.trigger')).toMatchObject({
    principal: {
      kind: 'machine',
      name: 'github:acme/dags@refs/heads/main',
      groups: ['deploy'],
      authentication: { by: 'identity.federation.github', rule: 'main' },
    },
    source: { via: 'tunnel' },
  })
})

test('another branch has what its own rule gives', async () => {
  platform.claims = { ...job, ref: 'refs/heads/dev' }
  expect(JSON.parse((await runScript(['--ci', '--audience', 'urn:relay'], platform.env)).stdout)).toEqual([
    200,
    403,
    403,
    [],
  ])
})

test('a job that no rule lets in is told so, and nothing is run', async () => {
  platform.claims = { ...job, repository: 'evil/dags' }
  const { code, stdout, stderr } = await runScript(['--ci', '--audience', 'urn:relay'], platform.env)
  expect([code, stdout]).toEqual([4, ''])
  expect(stderr).not.toContain('rule')
})

test('an access key does, from a file and from the environment; the program does not get it', async () => {
  const made = await relayCommand(
    '/',
    ...['keys', 'create', '--name', 'job', '--group', 'read', '--days', '1', '--config', relay.configFile],
  )
  const file = join(folder, 'key')
  await writeFile(file, made.stdout, { mode: 0o600 })
  expect(JSON.parse((await runScript(['--access-key-file', file])).stdout)).toEqual([200, 403, 403, []])
  const inEnvironment = await runScript([], { JETWAY_ACCESS_KEY: made.stdout.trim() })
  expect(JSON.parse(inEnvironment.stdout)).toEqual([200, 403, 403, []])
})

test('without an audience the relay itself is meant, and a token for it alone is not taken for another', async () => {
  const { code } = await runScript(['--ci'], platform.env)
  expect(code).toBe(4)
  expect(new Set(platform.audiences)).toEqual(new Set([relay.url]))
})

test('a token in the environment does', async () => {
  const token = await ci.token(
    { ...job, aud: 'urn:relay', email: undefined, groups: undefined },
    { typ: 'JWT' },
  )
  expect(JSON.parse((await runScript([], { JETWAY_TOKEN: token })).stdout)).toEqual([200, 200, 403, []])
})

test.each<[string, string[], Record<string, string>, number, string]>([
  ['no job', ['--ci'], {}, 2, 'USAGE'],
  ['two at once', ['--token-file', '/x', '--access-key-file', '/y'], {}, 2, 'USAGE'],
  ['two variables', [], { JETWAY_TOKEN: 'x', JETWAY_ACCESS_KEY: 'y' }, 2, 'USAGE'],
  ['an audience for a file', ['--token-file', '/x', '--audience', 'y'], {}, 2, 'USAGE'],
  ['a file that is not there', ['--token-file', '/nowhere/token'], {}, 4, 'MACHINE_TOKEN_MISSING'],
  ['a token that is none', [], { JETWAY_TOKEN: 'x' }, 4, 'MACHINE_TOKEN_MISSING'],
  ['a key that is none', [], { JETWAY_ACCESS_KEY: 'jtwy_x' }, 4, 'ACCESS_KEY_REFUSED'],
  ['a key that was never made', [], { JETWAY_ACCESS_KEY: `jtwy_${'a'.repeat(50)}` }, 4, 'ACCESS_KEY_REFUSED'],
  [
    'a request that GitHub refuses',
    ['--ci'],
    { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' },
    4,
    'MACHINE_TOKEN_MISSING',
  ],
  [
    'a request over plain http',
    ['--ci'],
    { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://192.0.2.1/', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' },
    4,
    'MACHINE_TOKEN_MISSING',
  ],
])('%s: exit code and error', async (_what, args, env, code, error) => {
  const result = await jetway(['connect', '--relay', relay.url, '--json', ...args], env)
  expect(result.code).toBe(code)
  expect(result.stdout).toContain(`"code":"${error}"`)
  for (const secret of Object.values(env)) if (secret.length > 9) expect(result.stdout).not.toContain(secret)
})

test('a token that is renewed in its file carries the connection on past the end of the first', async () => {
  const file = join(folder, 'projected')
  const seconds = (n: number) => Math.floor(Date.now() / 1000) + n
  const put = async (exp: number) => {
    const claims = { ...job, aud: 'urn:relay', email: undefined, groups: undefined, exp }
    await writeFile(file, await ci.token(claims, { typ: 'JWT' }))
  }
  const firstEnds = seconds(4)
  await put(firstEnds)
  const home = await mkdtemp(join(folder, 'home-'))
  const engine = await Engine.start(home, memoryStore(null), { kind: 'file', path: file })
  const states: string[] = []
  engine.watch(({ environments }) => states.push(...environments.map(({ state }) => state)))
  try {
    const local = await freePort()
    const { name } = await engine.addEnvironment({ relayUrl: relay.url, ports: { airflow: local } })
    const way = { device: false, fresh: false }
    await engine.connect(name, () => expect.fail('no one signs in'), way)
    await put(seconds(300))
    states.length = 0
    const status = async () => (await fetch(`http://localhost:${local}/api/v2/dags`)).status
    const last = await eventually('the first token has ended', async () => {
      const now = await status()
      return Date.now() > (firstEnds + 2) * 1000 && now
    })
    expect(last).toBe(200)
    expect(new Set(states)).not.toContain('reconnecting')
  } finally {
    await engine.stop()
  }
})

// The last one: everyone's sessions end.
test('a machine whose session was ended does not come back by itself', async () => {
  const home = await mkdtemp(join(folder, 'home-'))
  const file = join(folder, 'key')
  const port = String(await freePort())
  const run = startJetway(['connect', '--relay', relay.url, '--port', port, '--access-key-file', file], {
    home,
  })
  await run.next('connected')
  await relayCommand('/', 'sessions', 'end', '--all', '--yes', '--config', relay.configFile)
  expect(await run.next('error')).toMatchObject({ problem: { code: 'SESSION_ENDED' } })
  expect(await run.exit()).toBe(4)
})
