import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryStore } from '#client/auth/token-store.ts'
import { Engine } from '#client/engine/engine.ts'
import type { Show } from '#client/engine/signing-in.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { freePort } from '../../demo/free-port.ts'
import { passwordOf } from '../../demo/provider/people.ts'
import { complaints, examined } from '../support/doctor.ts'
import { eventually } from '../support/eventually.ts'
import { openBrowser } from '../support/headless-browser.ts'
import { ownRealm } from '../support/keycloak/own-realm.ts'
import { samlClient } from '../support/keycloak/realm.ts'
import type { Realm } from '../support/keycloak/realms.ts'
import { type OwnRelay, startOwnRelay } from '../support/own-relay.ts'
import { makeSamlKey } from '../support/saml-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../support/told-upstream.ts'

/** A person at a real browser, Keycloak as a SAML provider, a relay, and the engine between them. */
let realm: Realm
let upstream: ToldUpstream
let relay: OwnRelay
let home: string
let engine: Engine
const store = memoryStore(null)
let browser: BrowserContext
let name: string
const saml = () => ({
  oidc: undefined,
  saml: {
    entityId: realm.issuer,
    metadata: { url: `${realm.issuer}/protocol/saml/descriptor` },
    signing: { key: join(home, 'sp.key'), cert: join(home, 'sp.crt') },
  },
})
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'engine-'))
  const key = await makeSamlKey()
  await writeFile(join(home, 'sp.key'), key.privateKey, { mode: 0o600 })
  await writeFile(join(home, 'sp.crt'), key.certificate)
  realm = await ownRealm()
  upstream = await startToldUpstream()
  relay = await startOwnRelay('unused', {
    identity: saml(),
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
  const entityId = `${relay.url}/saml/metadata`
  const client = samlClient({ entityId, acsUrl: `${relay.url}/saml/acs` }) as { attributes: object }
  const more = {
    saml_single_logout_service_url_post: `${relay.url}/saml/slo`,
    'saml.client.signature': 'true',
    'saml.signing.certificate': key.certificate.replace(/-----[A-Z ]+-----|\s/g, ''),
  }
  await realm.addClient({ ...client, attributes: { ...client.attributes, ...more } })
  browser = await openBrowser()
  engine = await Engine.start(home, store)
  name = (await engine.addEnvironment({ relayUrl: relay.url })).name
})
afterAll(async () => {
  await engine?.stop()
  await browser?.close()
  await relay?.close()
  upstream?.close()
  await realm?.remove()
  await rm(home, { recursive: true })
})

const records = async () => {
  await relay.auditLog.flush()
  return relay.records()
}
const plain = { device: false, fresh: false }
const status = () => engine.status().environments[0] as EnvironmentStatus
const ask = async () => (await fetch(`${status().services[0]?.localUrl}/api/v2/dags/hello`)).status

/** Signs in as someone in the browser, where Keycloak asks for it. */
const as =
  (user: string): Show =>
  (shown) => {
    if (shown.kind !== 'browser') throw new Error('not in a browser')
    const act = async (page: Page) => {
      await page.goto(shown.url)
      const field = page.locator('input[name=password]')
      await Promise.race([field.waitFor(), page.getByText('You are signed in').waitFor()])
      if ((await field.count()) === 0) return
      await page.locator('input[name=username]').fill(user)
      await field.fill(passwordOf(user))
      await page.locator('#kc-login').click()
      await page.getByText('You are signed in').waitFor()
    }
    void browser.newPage().then(act)
  }

test('Keycloak as docs/identity/saml.md sets it up has no complaint', async () => {
  expect(complaints(await examined(saml()))).toEqual([])
})

test('ana signs in, a tunnel opens, its token is renewed, and she is out at both ends', async () => {
  await engine.signIn(name, as('ana'), plain)
  await engine.connect(name, as('ana'), plain)
  expect(status()).toMatchObject({ state: 'connected', person: { name: 'ana@example.com' } })
  expect(await ask()).toBe(200)
  expect((await records()).find(({ verb }) => verb === 'session.open')).toMatchObject({
    principal: { issuer: realm.issuer, subject: 'ana', email: 'ana@example.com', groups: ['data-eng'] },
  })

  // Another run of the engine has the refresh token only.
  await engine.stop()
  engine = await Engine.start(home, store)
  const nobody: Show = () => {
    throw new Error('nobody is to be asked')
  }
  await engine.connect(name, nobody, plain)
  expect(await ask()).toBe(200)

  const { endSessionUrl } = await engine.signOut(name)
  expect(endSessionUrl).toContain('/oauth/logout?')
  const page = await browser.newPage()
  await page.goto(endSessionUrl as string)
  await page.getByText('You are signed out').waitFor()
  await eventually('Keycloak has no session', async () => {
    const id = await realm.userId('ana')
    return ((await realm.admin('GET', `/users/${id}/sessions`)) as unknown[]).length === 0
  })
})

test('who is logged out at Keycloak is out here, with open sessions', async () => {
  await engine.signIn(name, as('ana'), plain)
  await engine.connect(name, as('ana'), plain)
  expect(await ask()).toBe(200)
  const page = await browser.newPage()
  await page.goto(`${realm.issuer}/protocol/openid-connect/logout`)
  await page.locator('#kc-logout').click()
  await eventually(
    'she is out',
    async () => status().state !== 'connected' || (await ask().catch(() => 0)) !== 200,
  )
  await eventually('her session has ended', async () =>
    (await records()).some(({ verb, error }) => verb === 'session.close' && error === 'SESSION_ENDED'),
  )
})
