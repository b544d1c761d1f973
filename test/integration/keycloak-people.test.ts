import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Credentials } from '#client/auth/credentials.ts'
import { memoryStore } from '#client/auth/token-store.ts'
import type { Show } from '#client/engine/signing-in.ts'
import { passwordOf } from '../../demo/provider/people.ts'
import { eventually } from '../support/eventually.ts'
import { openBrowser } from '../support/headless-browser.ts'
import { ownRealm } from '../support/keycloak/own-realm.ts'
import { clientId } from '../support/keycloak/realm.ts'
import type { Realm } from '../support/keycloak/realms.ts'
import { type OwnEngine, plainWay as plain, startOwnEngine } from '../support/own-engine.ts'
import { type OwnRelay, startOwnRelay } from '../support/own-relay.ts'
import { serviceAt } from '../support/people-relay.ts'
import { audience } from '../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../support/told-upstream.ts'

/** A person at a real browser, Keycloak, a relay, and the engine between them. */
const scopes = ['openid', 'profile', 'email']
let realm: Realm
let upstream: ToldUpstream
let relay: OwnRelay
beforeAll(async () => {
  realm = await ownRealm()
  upstream = await startToldUpstream()
  const { issuer } = realm
  relay = await startOwnRelay(issuer, {
    identity: { oidc: { issuer, clientId, audience, scopes, tokenTypes: ['JWT'] } },
    services: { airflow: await serviceAt('airflow', upstream.url) },
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'data-eng', role: 'viewer', dags: ['plain'] },
        // Keycloak says 1 for who has just signed in, and 0 for whom its session knew.
        {
          group: 'data-eng',
          role: 'viewer',
          dags: ['strong'],
          when: { acr: ['1'], maxAuthenticationAgeMinutes: 60 },
        },
        { group: 'data-eng', role: 'viewer', dags: ['recent'], when: { maxAuthenticationAgeMinutes: 1 } },
      ],
    },
  })
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await realm?.remove()
})

let own: OwnEngine
let browser: BrowserContext
let name: string
/** What is done in the browser. */
let acts: Promise<unknown>[]
beforeEach(async () => {
  browser = await openBrowser()
  acts = []
  own = await startOwnEngine()
  name = (await own.engine.addEnvironment({ relayUrl: relay.url })).name
})
afterEach(async () => {
  const done = await Promise.allSettled(acts)
  await own?.close()
  await browser?.close()
  expect(done.filter(({ status }) => status === 'rejected')).toEqual([])
})

const get = (dag: string) => fetch(`${own.service().localUrl}/api/v2/dags/${dag}`)

/** Opens the page, and does there what `act` says. */
const at =
  (act: (page: Page) => Promise<unknown>): Show =>
  (shown) => {
    const url = shown.kind === 'browser' ? shown.url : (shown.verificationUriComplete as string)
    const acting = async () => {
      const page = await browser.newPage()
      await page.goto(url)
      await act(page)
    }
    const done = acting()
    done.catch(() => {})
    acts.push(done)
  }
const password = async (page: Page) => {
  // Who signs in once more is not asked for the name.
  const user = page.locator('input[name=username]:visible')
  await page.locator('input[name=password]').waitFor()
  if ((await user.count()) > 0) await user.fill('ana')
  await page.locator('input[name=password]').fill(passwordOf('ana'))
  await page.locator('#kc-login').click()
}
const signIn = at(async (page) => {
  await password(page)
  await page.getByText('You are signed in').waitFor()
})
const known = at((page) => page.getByText('You are signed in').waitFor())

test('step-up: what the session at Keycloak knew is not enough, a fresh sign-in is', async () => {
  await own.engine.signIn(name, signIn, plain)
  await own.engine.connect(name, known, plain)
  expect((await get('strong')).status).toBe(200)
  // Again, without being asked: Keycloak's own session is there.
  await own.engine.signIn(name, known, plain)
  const refused = await eventually('the weaker sign-in counts', async () => {
    const response = await get('strong')
    return response.status === 403 ? response : null
  })
  expect(refused?.headers.get('www-authenticate')).toContain('acr_values="1"')
  await eventually('it is offered', async () => own.status().stepUp !== null)
  expect(own.status().stepUp).toMatchObject({ code: 'SIGN_IN_TOO_WEAK' })
  const { connectedSince } = own.status()
  await own.engine.signIn(name, signIn, plain)
  await eventually('it is allowed', async () => (await get('strong')).status === 200)
  expect(own.status()).toMatchObject({ state: 'connected', stepUp: null, connectedSince })
})

test('step-up: where a sign-in is too long ago, Keycloak asks whom its session knows once more', async () => {
  await own.engine.connect(name, signIn, plain)
  expect((await get('recent')).status).toBe(200)
  // A minute is the least that a policy may ask for.
  const refused = await eventually(
    'the sign-in is too old',
    async () => {
      const response = await get('recent')
      return response.status === 403 ? response : null
    },
    80_000,
  )
  expect(refused?.headers.get('www-authenticate')).toContain('max_age="60"')
  await eventually('it is offered', async () => own.status().stepUp !== null)
  expect(own.status().stepUp).toMatchObject({ code: 'SIGN_IN_TOO_OLD' })
  const { connectedSince } = own.status()
  await own.engine.signIn(name, signIn, plain)
  await eventually('it is allowed', async () => (await get('recent')).status === 200)
  expect(own.status()).toMatchObject({ state: 'connected', stepUp: null, connectedSince })
}, 150_000)

test('device grant: the code is confirmed in a browser, PKCE is required, and the sign-in goes on', async () => {
  let code = ''
  const confirm = at(async (page) => {
    await password(page)
    await page.locator('#kc-login').click()
    await page.getByText('Device Login Successful').waitFor()
  })
  await own.engine.signIn(
    name,
    (shown) => {
      if (shown.kind === 'device') code = shown.userCode
      confirm(shown)
    },
    { device: true, fresh: false },
  )
  expect(code).toMatch(/^[A-Z]{4}-[A-Z]{4}$/)
  expect(own.status().person).toMatchObject({ email: 'ana@example.com' })
  await own.engine.connect(name, known, plain)
  expect((await get('plain')).status).toBe(200)
})

test('device grant: a person who says no', async () => {
  const deny = at(async (page) => {
    await password(page)
    await page.locator('#kc-cancel').click()
    await page.getByText('Device Login Failed').waitFor()
  })
  await expect(own.engine.signIn(name, deny, { device: true, fresh: false })).rejects.toMatchObject({
    code: 'SIGN_IN_REFUSED',
  })
})

test('a refresh token that rotated, used again: the sign-in is over for everyone', async () => {
  await own.engine.signIn(name, signIn, plain)
  const stale = (await own.store.get(relay.url)) as string
  await own.engine.connect(name, known, plain)
  const oidc = { issuer: realm.issuer, clientId, scopes, resource: null, redirectPorts: null }
  const from = async (kept: string) => {
    const store = memoryStore(null)
    await store.set(relay.url, kept)
    // Who has taken the keychain has the key as well.
    await store.set(`${relay.url}#dpop-key`, (await own.store.get(`${relay.url}#dpop-key`)) as string)
    const credentials = new Credentials({ environment: 'x', account: relay.url, store })
    await credentials.load()
    return { store, credentials }
  }
  const first = await from(stale)
  await first.credentials.accessToken(oidc, null)
  const newest = (await first.store.get(relay.url)) as string
  expect(newest).not.toBe(stale)
  // Keycloak lets a moment pass before it takes a second use for theft.
  await eventually('the second use is refused', async () => {
    const again = await from(stale)
    return again.credentials.accessToken(oidc, null).then(
      () => false,
      (error) => error.code === 'SIGN_IN_ENDED',
    )
  })
  const last = await from(newest)
  await expect(last.credentials.accessToken(oidc, null)).rejects.toMatchObject({ code: 'SIGN_IN_ENDED' })
  expect(await last.store.get(relay.url)).toBeNull()
})

test('signing out: the refresh token is dead at once, the session at Keycloak when the browser ends it', async () => {
  await own.engine.connect(name, signIn, plain)
  await Promise.all(acts)
  // Another application that lives on the same session
  const account = await browser.newPage()
  await account.goto(`${realm.issuer}/account/`)
  await account.getByText('Personal info').first().waitFor()
  await account.close()
  const kept = JSON.parse((await own.store.get(relay.url)) as string) as { refreshToken: string }
  await own.engine.signOut(name)
  await eventually('the relay has let go', async () => relay.status().sessions === 0)
  await expect(
    realm.tokens({ grant_type: 'refresh_token', client_id: clientId, refresh_token: kept.refreshToken }),
  ).rejects.toThrow('invalid_grant')
  // The browser is still known there …
  await own.engine.signIn(name, known, plain)
  const { endSessionUrl } = await own.engine.signOut(name)
  const page = await browser.newPage()
  await page.goto(endSessionUrl as string)
  await page.getByRole('heading', { name: 'You are logged out' }).waitFor()
  // … until it was there.
  await own.engine.signIn(name, signIn, plain)
})
