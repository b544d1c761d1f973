import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryStore, type TokenStore } from '#client/auth/token-store.ts'
import { dialControl } from '#client/control/control-client.ts'
import { type ControlServer, serveControl } from '#client/control/control-server.ts'
import { controlSocketPath } from '#client/home.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import { type DemoProvider, startProvider } from '../../../../demo/provider/provider.ts'
import { type OwnEngine, startOwnEngine } from '../../../support/own-engine.ts'
import type { OwnRelay } from '../../../support/own-relay.ts'
import { startPeopleRelay } from '../../../support/people-relay.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** The doctor over the control socket, of someone who is signed in and connected. */
let provider: DemoProvider
let relay: OwnRelay
let upstream: ToldUpstream
let own: OwnEngine
let control: ControlServer
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
  relay = await startPeopleRelay(provider.issuer, upstream.url)
  own = await startOwnEngine(watched(memoryStore(null)))
  name = (await own.engine.addEnvironment({ relayUrl: relay.url })).name
  await own.connect('ana')
  const { engine, home } = own
  control = await serveControl({ engine, path: controlSocketPath(home), shutdown: () => {} })
})
afterAll(async () => {
  await control?.close()
  await own?.close()
  await relay?.close()
  upstream?.close()
  await provider?.close()
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
  const { engine, home } = own
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
