import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Show } from '#client/engine/signing-in.ts'
import { clientId, type DemoProvider, startProvider } from '../../../../demo/provider/provider.ts'
import { signInOverHttp } from '../../../../demo/sign-in-over-http.ts'
import { eventually } from '../../../support/eventually.ts'
import { lockedKeychain } from '../../../support/locked-keychain.ts'
import { type OwnEngine, plainWay as plain, startOwnEngine } from '../../../support/own-engine.ts'
import type { OwnRelay } from '../../../support/own-relay.ts'
import { startPeopleRelay } from '../../../support/people-relay.ts'
import { relayCommand } from '../../../support/relay-command.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** The engine between a real provider and a real relay: what people see of a sign-in that ends, or is not enough. */
const accessTokenSeconds = 4
let provider: DemoProvider
let relay: OwnRelay
let upstream: ToldUpstream
let asked: { refreshes: number; params: Record<string, unknown>[] }
let beforeToken: Promise<void> | null
beforeAll(async () => {
  provider = await startProvider({
    port: 0,
    accessTokenSeconds,
    // Or nobody could steal a sign-in.
    bindsTokens: false,
    async around(context, next) {
      if (context.path === '/token') await beforeToken
      await next()
      const params = { ...context.oidc?.params }
      if (params.grant_type === 'refresh_token') asked.refreshes += 1
      if (context.path === '/auth') asked.params.push(params)
    },
  })
  upstream = await startToldUpstream()
  relay = await startPeopleRelay(provider.issuer, upstream.url, {
    oidc: { clockToleranceSeconds: 0 },
    direct: 'airflow',
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'data-eng', role: 'viewer', dags: ['plain'] },
        { group: 'data-eng', role: 'viewer', dags: ['strong'], when: { acr: ['mfa'] } },
        { group: 'data-eng', role: 'viewer', dags: ['fresh'], when: { maxAuthenticationAgeMinutes: 1 } },
      ],
    },
  })
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

let own: OwnEngine
let name: string
let pages: string[]
let refreshesBeforePage: number
beforeEach(async () => {
  asked = { refreshes: 0, params: [] }
  ;[beforeToken, pages] = [null, []]
  own = await startOwnEngine()
  name = (await own.engine.addEnvironment({ relayUrl: relay.url })).name
})
afterEach(() => own.close())

const as =
  (user: string): Show =>
  (page) => {
    if (page.kind !== 'browser') throw new Error('no browser')
    pages.push(page.url)
    refreshesBeforePage = asked.refreshes
    void signInOverHttp(page.url, user)
  }
const never: Show = (page) => void pages.push(page.kind)
const get = (dag: string, headers: Record<string, string> = {}) =>
  fetch(`${own.service().localUrl}/api/v2/dags/${dag}`, { headers, redirect: 'manual' })
/** Someone else uses the refresh token, so that the provider ends the sign-in at its next use. */
async function steal(): Promise<void> {
  const { refreshToken } = JSON.parse((await own.store.get(relay.url)) as string)
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }
  const response = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  })
  expect(response.status).toBe(200)
  asked.refreshes = 0
}

test('a sign-in that ended, and 50 requests that wait: one refresh, one page, then all are answered', async () => {
  await own.engine.signIn(name, as('ana'), plain)
  await own.restart()
  await steal()
  pages.length = 0
  let goOn = () => {}
  beforeToken = new Promise((resolve) => {
    goOn = resolve
  })
  const connected = own.engine.connect(name, as('ana'), plain)
  // A second one who wants the same, as the desktop beside the CLI
  const other = own.engine.connect(name, never, plain)
  await eventually('the ports are there', async () => own.status().state === 'connecting')
  const requests = Array.from({ length: 50 }, () => get('plain'))
  goOn()
  await Promise.all([connected, other])
  const answers = await Promise.all(requests)
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
  expect(pages).toHaveLength(1)
  // Tokens as short as here are renewed before each use; this is what came before the page.
  expect(refreshesBeforePage).toBe(1)
})

test('one that ends while connected is said once; nobody is sent to a sign-in page', async () => {
  const told: string[] = []
  await own.engine.connect(name, as('ana'), plain)
  pages.length = 0
  let before: string | null = null
  const stop = own.engine.watch(({ environments: [environment] }) => {
    const code = environment?.stepUp?.code ?? null
    if (code !== null && code !== before) told.push(code)
    before = code
  })
  await steal()
  await eventually('it is over', async () => own.status().state === 'disconnected', 20_000)
  const accept = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => get('plain', i % 2 ? accept : {})))
  for (const [i, answer] of answers.entries()) {
    expect([answer.status, answer.headers.get('location')]).toEqual([503, null])
    if (i % 2) expect(await answer.text()).toContain('Your sign-in has ended')
    else expect(await answer.json()).toMatchObject({ code: 'SIGN_IN_ENDED' })
  }
  expect(told).toEqual(['SIGN_IN_ENDED'])
  expect(asked.refreshes).toBe(1)
  expect(pages).toHaveLength(0)
  expect(own.status()).toMatchObject({ signedIn: false, lastError: { code: 'SIGN_IN_ENDED' } })
  await own.engine.connect(name, as('ana'), plain)
  expect(own.status()).toMatchObject({ state: 'connected', stepUp: null })
  stop()
}, 40_000)

test('one that the relay has ended is said once as well, and the person shows anew who they are', async () => {
  await own.engine.connect(name, as('ana'), plain)
  pages.length = 0
  const command = ['sessions', 'end', '--all', '--yes', '--config', relay.configFile]
  expect((await relayCommand('/', ...command)).code).toBe(0)
  const endedAt = Math.floor(Date.now() / 1000)
  await eventually('it is over', async () => own.status().state === 'disconnected')
  expect(own.status()).toMatchObject({
    signedIn: false,
    stepUp: { code: 'SESSION_ENDED' },
    lastError: { code: 'SESSION_ENDED' },
  })
  expect(pages).toHaveLength(0)
  // Whoever signed in in that second is taken for one who did before.
  await eventually('the next second', async () => Math.floor(Date.now() / 1000) > endedAt)
  asked.params.length = 0
  await own.engine.connect(name, as('ana'), plain)
  expect(asked.params[0]).toMatchObject({ prompt: 'login' })
  expect(own.status()).toMatchObject({ state: 'connected', stepUp: null })
})

test('a stronger sign-in: what is missing is said and offered, and after it the same request is allowed', async () => {
  await own.engine.connect(name, as('ana'), plain)
  const { connectedSince } = own.status()
  expect((await get('plain')).status).toBe(200)
  const refused = await get('strong')
  // Airflow's own pages take 401 for the end of their sign-in.
  expect(refused.status).toBe(403)
  expect(refused.headers.get('www-authenticate')).toBe(
    'Bearer error="insufficient_user_authentication", error_description="A different sign-in is needed", acr_values="mfa"',
  )
  expect(await refused.json()).toMatchObject({ code: 'SIGN_IN_TOO_WEAK', status: 403, acrValues: 'mfa' })
  await eventually('it is offered', async () => own.status().stepUp !== null)
  expect(own.status().stepUp).toMatchObject({
    code: 'SIGN_IN_TOO_WEAK',
    detail: 'dag.read on strong takes a stronger sign-in: only signed in with mfa, and you did with pwd.',
  })
  asked.params.length = 0
  await own.engine.signIn(name, as('ana'), plain)
  expect(asked.params[0]).toMatchObject({
    acr_values: 'mfa',
    prompt: 'login',
    login_hint: 'ana@example.com',
  })
  await eventually('it is allowed', async () => (await get('strong')).status === 200)
  expect(own.status()).toMatchObject({ stepUp: null, state: 'connected', connectedSince })
})

test('another person cannot do it for them', async () => {
  await own.engine.connect(name, as('ana'), plain)
  await get('strong')
  await eventually('it is offered', async () => own.status().stepUp !== null)
  await expect(own.engine.signIn(name, as('bob'), plain)).rejects.toMatchObject({
    code: 'SIGN_IN_FAILED',
    message: 'You signed in as another person than before.',
  })
  expect(own.status()).toMatchObject({ state: 'connected', person: { subject: 'ana' } })
  expect((await get('plain')).status).toBe(200)
})

test('signing in afresh asks the provider to ask', async () => {
  await own.engine.signIn(name, as('ana'), plain)
  asked.params.length = 0
  await own.engine.signIn(name, as('ana'), { device: false, fresh: true })
  expect(asked.params[0]).toMatchObject({ prompt: 'login' })
  expect(asked.params[0]?.max_age).toBeUndefined()
})

test('direct callers get the challenge of RFC 9470', async () => {
  await own.engine.signIn(name, as('ana'), plain)
  const { refreshToken } = JSON.parse((await own.store.get(relay.url)) as string)
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }
  const response = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  })
  const { access_token } = (await response.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}` }
  const refused = await fetch(`${relay.url}/api/v2/dags/strong`, { headers })
  expect(refused.status).toBe(401)
  expect(refused.headers.get('www-authenticate')).toContain('insufficient_user_authentication')
  expect(refused.headers.get('www-authenticate')).toContain('acr_values="mfa"')
  expect(await refused.json()).toMatchObject({ status: 401, code: 'SIGN_IN_TOO_WEAK', acrValues: 'mfa' })
  // What no sign-in changes gets no challenge.
  const denied = await fetch(`${relay.url}/api/v2/variables`, { headers })
  expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([403, null])
})

test('signing out says goodbye: the session at the relay is over at once', async () => {
  await own.engine.connect(name, as('ana'), plain)
  expect(relay.status().sessions).toBe(1)
  const { endSessionUrl } = await own.engine.signOut(name)
  await eventually('the session is over', async () => relay.status().sessions === 0)
  expect(endSessionUrl).toContain(`${provider.issuer}/session/end?`)
  expect(own.status()).toMatchObject({
    signedIn: false,
    person: null,
    state: 'disconnected',
    lastError: null,
  })
  expect(await own.store.get(relay.url)).toBeNull()
})

describe('a keychain that is locked when the engine starts', () => {
  /** With what was kept in it before. */
  async function beginLocked() {
    const keychain = lockedKeychain(own.store)
    await own.restart({ store: keychain.store })
    pages.length = 0
    return keychain
  }

  test('is taken up by who connects: what it kept counts, and no page is opened', async () => {
    await own.engine.signIn(name, as('ana'), plain)
    const { state } = await beginLocked()
    expect(own.status().signedIn).toBe(false)
    state.isLocked = false
    await own.engine.connect(name, never, plain)
    expect(pages).toEqual([])
    expect(own.status().person?.subject).toBe('ana')
    expect(own.engine.status()).toMatchObject({ tokenStore: 'keychain', tokenStoreProblem: null })
  })

  test('is taken up by who signs in, which is kept in the place of who did before', async () => {
    await own.engine.signIn(name, as('ana'), plain)
    const { state, kept } = await beginLocked()
    state.isLocked = false
    await own.engine.signIn(name, as('bob'), plain)
    expect(await kept.get(relay.url)).toContain('"bob"')
  })

  test('gets the sign-in that was made meanwhile, which goes on', async () => {
    await own.engine.signIn(name, as('ana'), plain)
    const { state, kept } = await beginLocked()
    await own.engine.connect(name, as('bob'), plain)
    expect(own.engine.status()).toMatchObject({ tokenStoreProblem: { code: 'NO_KEYCHAIN' } })
    expect(await kept.get(relay.url)).toContain('"ana"')
    state.isLocked = false
    await own.engine.connect(name, never, plain)
    expect(await kept.get(relay.url)).toContain('"bob"')
    expect(own.status()).toMatchObject({ state: 'connected', person: { subject: 'bob' } })
    await own.restart({ store: kept })
    await own.engine.connect(name, never, plain)
    expect([own.status().person?.subject, pages]).toEqual(['bob', [expect.any(String)]])
  })

  test('and again while someone is connected: what is renewed then is said to be in memory, and goes into it', async () => {
    const { state, kept } = await beginLocked()
    state.isLocked = false
    await own.engine.connect(name, as('ana'), plain)
    const before = await kept.get(relay.url)
    expect(before).toContain('"ana"')
    state.isLocked = true
    const told = new Promise((resolve) => {
      own.engine.watch(({ tokenStoreProblem }) => tokenStoreProblem && resolve(tokenStoreProblem))
    })
    expect(await told).toMatchObject({ code: 'NO_KEYCHAIN' })
    expect([own.status().state, await kept.get(relay.url)]).toEqual(['connected', before])
    state.isLocked = false
    await own.engine.connect(name, never, plain)
    expect(own.engine.status().tokenStoreProblem).toBeNull()
    expect(await kept.get(relay.url)).not.toBe(before)
    expect(pages).toHaveLength(1)
  })

  test('gives back nothing that someone has signed out of meanwhile', async () => {
    await own.engine.signIn(name, as('ana'), plain)
    const { state, kept } = await beginLocked()
    await own.engine.signOut(name)
    state.isLocked = false
    await expect(own.engine.connect(name, () => own.engine.cancelSignIn(name), plain)).rejects.toMatchObject({
      code: 'SIGN_IN_CANCELLED',
    })
    expect([own.status().signedIn, await kept.get(relay.url)]).toEqual([false, null])
  })
})
