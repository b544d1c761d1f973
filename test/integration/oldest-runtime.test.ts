import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { run } from '../../build/setup/run.ts'
import { freePort } from '../../demo/free-port.ts'
import { audience, clientId, type DemoProvider, scopes, startProvider } from '../../demo/provider/provider.ts'
import { signInOverHttp } from '../../demo/sign-in-over-http.ts'
import { eventually } from '../support/eventually.ts'
import { type JetwayRun, startJetway } from '../support/jetway-command.ts'
import { bundleForOldest } from '../support/oldest-runtime.ts'
import { type OwnRelay, startOwnRelay } from '../support/own-relay.ts'
import { relayCommand } from '../support/relay-command.ts'
import { type SamlSite, startSamlSite } from '../support/saml-site.ts'
import { startToldUpstream, type ToldUpstream } from '../support/told-upstream.ts'

/**
 * The client, every way in which it says who it is, on the Node that is in the oldest Electron that the desktop app runs
 * on. The relay takes no token that is bound to no key.
 */
const { electron } = inject('company')
const env = { ELECTRON_RUN_AS_NODE: '1' }
/** Of tokens: they are renewed while they are looked at. */
const accessTokenSeconds = 4
let folder: string
let script: string
let provider: DemoProvider
let upstream: ToldUpstream
let relay: OwnRelay
let saml: SamlSite
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oldest-'))
  script = await bundleForOldest(join(folder, 'bundle'))
  provider = await startProvider({
    port: 0,
    accessTokenSeconds,
    async around(context, next) {
      await next()
      if (context.path === '/device/auth') context.body = { ...(context.body as object), interval: 0.1 }
    },
  })
  upstream = await startToldUpstream()
  const { issuer } = provider
  const oidc = { issuer, clientId, audience, scopes, resource: audience, clockToleranceSeconds: 0 }
  relay = await startOwnRelay(issuer, {
    identity: {
      oidc,
      dpop: { required: true },
      accessKeys: { groups: ['data-eng'] },
    },
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] },
  })
  saml = await startSamlSite()
})
afterAll(async () => {
  await saml?.close()
  await relay?.close()
  upstream?.close()
  await provider?.close()
  await rm(folder, { recursive: true, force: true })
})

/** `jetway connect` there; `signIn` does what a person does. */
async function connected(
  relayUrl: string,
  args: readonly string[],
  signIn: (run: JetwayRun) => Promise<unknown>,
): Promise<{ run: JetwayRun; person: unknown; ask: () => Promise<number> }> {
  const port = await freePort()
  const home = await mkdtemp(join(folder, 'home-'))
  const where = ['--relay', relayUrl, '--port', String(port), '--no-browser']
  const started = startJetway(['connect', ...where, ...args], { home, env, program: [electron, script] })
  await signIn(started)
  const { environment } = await started.next('connected')
  return {
    run: started,
    person: (environment as { person: unknown }).person,
    ask: async () => (await fetch(`http://localhost:${port}/api/v2/dags`)).status,
  }
}
const ended = async ({ child, exit }: JetwayRun) => {
  child.kill('SIGINT')
  return exit()
}

test('it is that old', async () => {
  const version = await run(electron, ['-p', 'process.versions.node'], { env: { ...process.env, ...env } })
  expect(version.trim()).toMatch(/^20\.18\./)
})

test('a person signs in in the browser, and is renewed with the same key', async () => {
  const { run, person, ask } = await connected(relay.url, ['--token-store', 'memory'], async (started) =>
    signInOverHttp((await started.next('browse')).url as string, 'ana'),
  )
  expect(person).toMatchObject({ subject: 'ana' })
  const until = Date.now() + (accessTokenSeconds + 2) * 1000
  const last = await eventually('the first token has ended', async () => {
    const status = await ask()
    return Date.now() > until && status
  })
  expect(last).toBe(200)
  expect(await ended(run)).toBe(0)
})

test('a person signs in on another device', async () => {
  const args = ['--device', '--token-store', 'memory']
  const { run, ask } = await connected(relay.url, args, async (started) =>
    signInOverHttp((await started.next('device-code')).verificationUriComplete as string, 'ana'),
  )
  expect(await ask()).toBe(200)
  expect(await ended(run)).toBe(0)
})

test('a person signs in by SAML', async () => {
  const { run, person, ask } = await connected(
    saml.relay.url,
    ['--token-store', 'memory'],
    async (started) => {
      const asked = new URL((await started.next('browse')).url as string).searchParams
      const begun = await saml.begin(Object.fromEntries(asked))
      const answer = await saml.post(begun, saml.respond(begun))
      await fetch(answer.headers.get('location') as string)
    },
  )
  expect(person).toMatchObject({ subject: 'ana' })
  expect(await ask()).toBe(200)
  expect(await ended(run)).toBe(0)
})

test('a machine brings an access key', async () => {
  const made = await relayCommand(
    '/',
    ...[
      'keys',
      'create',
      '--name',
      'old',
      '--group',
      'data-eng',
      '--days',
      '1',
      '--config',
      relay.configFile,
    ],
  )
  const file = join(folder, 'key')
  await writeFile(file, made.stdout, { mode: 0o600 })
  const { run, ask } = await connected(relay.url, ['--access-key-file', file], async () => {})
  expect(await ask()).toBe(200)
  expect(await ended(run)).toBe(0)
})
