import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryStore, type TokenStore } from '#client/auth/token-store.ts'
import { dialControl } from '#client/control/control-client.ts'
import { type ControlServer, serveControl } from '#client/control/control-server.ts'
import { Engine } from '#client/engine/engine.ts'
import { controlSocketPath } from '#client/home.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { audience, clientId, scopes, startProvider } from '../../../../demo/provider/provider.ts'
import { signInOverHttp } from '../../../../demo/sign-in-over-http.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** The doctor over the control socket, of someone who is signed in and connected. */
let provider: Awaited<ReturnType<typeof startProvider>>
let relay: OwnRelay
let upstream: ToldUpstream
let engine: Engine
let control: ControlServer
let home: string
let name: string
/** Everything that the provider handed out and that opens something. */
const secrets: string[] = []
const changes: string[] = []

beforeAll(async () => {
  provider = await startProvider({
    port: 0,
    accessTokenSeconds: 300,
    async around(context, next) {
      await next()
      if (context.path !== '/token') return
      const { access_token, refresh_token, id_token } = context.body as Record<string, string>
      secrets.push(...[access_token, refresh_token, id_token].filter((token) => token !== undefined))
    },
  })
  upstream = await startToldUpstream()
  const { issuer } = provider
  relay = await startOwnRelay(issuer, {
    identity: { oidc: { issuer, clientId, audience, scopes, resource: audience } },
    services: {
      airflow: {
        type: 'airflow',
        url: upstream.url,
        localPort: await freePort(),
        identity: { keyFile: 'relay.pem' },
      },
    },
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] },
  })
  home = await mkdtemp(join(tmpdir(), 'engine-'))
  engine = await Engine.start(home, watched(memoryStore(null)))
  name = (await engine.addEnvironment({ relayUrl: relay.url })).name
  await engine.connect(
    name,
    (page) => {
      if (page.kind === 'browser') void signInOverHttp(page.url, 'ana')
    },
    { device: false, fresh: false },
  )
  control = await serveControl({ engine, path: controlSocketPath(home), shutdown: () => {} })
})
afterAll(async () => {
  await control?.close()
  await engine?.stop()
  await relay?.close()
  upstream?.close()
  await provider?.close()
  await rm(home, { recursive: true })
})

/** What is written to it is remembered. */
function watched(store: TokenStore): TokenStore {
  return {
    ...store,
    set(account, secret) {
      secrets.push(secret)
      changes.push(`set ${account}`)
      return store.set(account, secret)
    },
    delete(account) {
      changes.push(`delete ${account}`)
      return store.delete(account)
    },
  }
}

test('who asks is told on the way, others are not; nothing changes, and no secret is told', async () => {
  const [told, elsewhere]: [Finding[], Finding[]] = [[], []]
  const finding = (to: Finding[]) => ({
    finding: (it: { environment: string; finding: Finding }) => {
      expect(it.environment).toBe(name)
      to.push(it.finding)
    },
  })
  const client = await dialControl(controlSocketPath(home), finding(told))
  const other = await dialControl(controlSocketPath(home), finding(elsewhere))
  const file = () => readFile(join(home, 'environments.json'), 'utf8')
  const before = { file: await file(), status: engine.status() }
  changes.length = 0

  const found = await client.request('diagnose', { environment: name })
  await other.request('status', {})
  expect(found.map(({ check, state }) => `${check} ${state}`)).toEqual([
    'dns ok',
    'proxy ok',
    'tls ok',
    'relay ok',
    'provider ok',
    'clock ok',
    'keychain ok',
    'ports ok',
    'session ok',
  ])
  expect(found.at(-1)?.title).toMatch(/^Connected as ana@example\.com for /)
  expect(told.filter(({ state }) => state !== 'running')).toHaveLength(found.length)
  expect(elsewhere).toEqual([])

  expect(changes).toEqual([])
  expect(await file()).toBe(before.file)
  expect(engine.status()).toEqual(before.status)

  expect(secrets.length).toBeGreaterThan(3)
  const text = JSON.stringify([...told, ...found])
  for (const secret of secrets) expect(text).not.toContain(secret)
  expect(text).not.toMatch(/eyJ|Bearer|DPoP|refreshToken/)

  await expect(client.request('diagnose', { environment: 'nope' })).rejects.toMatchObject({
    code: 'ENVIRONMENT_UNKNOWN',
  })
  client.close()
  other.close()
})
