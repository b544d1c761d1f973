import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Show } from '#client/engine/signing-in.ts'
import { freePort } from '../../demo/free-port.ts'
import { complaints, examined } from '../support/doctor.ts'
import { eventually } from '../support/eventually.ts'
import { openBrowser } from '../support/headless-browser.ts'
import { startJetway } from '../support/jetway-command.ts'
import {
  logOutAtKeycloak,
  type SamlRelay,
  signInAtKeycloak,
  startSamlRelay,
} from '../support/keycloak/saml-relay.ts'
import { type OwnEngine, plainWay as plain, startOwnEngine } from '../support/own-engine.ts'

/** A person at a real browser, Keycloak as a SAML provider, a relay, and the engine or `jetway` between them. */
let site: SamlRelay
let own: OwnEngine
let browser: BrowserContext
let name: string
beforeAll(async () => {
  site = await startSamlRelay({ logouts: 'post' })
  browser = await openBrowser()
  own = await startOwnEngine()
  name = (await own.engine.addEnvironment({ relayUrl: site.relay.url })).name
})
afterAll(async () => {
  await own?.close()
  await browser?.close()
  await site?.close()
})

const records = async () => {
  await site.relay.auditLog.flush()
  return site.relay.records()
}
const ask = async (dag = 'hello') => (await fetch(`${own.service().localUrl}/api/v2/dags/${dag}`)).status

/** Signs in as someone in the browser, where Keycloak asks for it. */
const as =
  (user: string): Show =>
  (shown) => {
    if (shown.kind !== 'browser') throw new Error('not in a browser')
    const act = async (page: Page) => {
      await page.goto(shown.url)
      const field = page.locator('input[name=password]')
      await Promise.race([field.waitFor(), page.getByText('You are signed in').waitFor()])
      if ((await field.count()) > 0) await signInAtKeycloak(page, user)
    }
    void browser.newPage().then(act)
  }

test('Keycloak as docs/identity/saml.md sets it up has no complaint', async () => {
  expect(complaints(await examined(site.identity))).toEqual([])
})

test('ana signs in, a tunnel opens, its token is renewed, and she is out at both ends', async () => {
  await own.engine.signIn(name, as('ana'), plain)
  await own.engine.connect(name, as('ana'), plain)
  expect(own.status()).toMatchObject({ state: 'connected', person: { name: 'ana@example.com' } })
  expect(await ask()).toBe(200)
  expect((await records()).find(({ verb }) => verb === 'session.open')).toMatchObject({
    principal: { issuer: site.realm.issuer, subject: 'ana', email: 'ana@example.com', groups: ['data-eng'] },
  })

  // Another run of the engine has the refresh token only.
  await own.restart()
  const nobody: Show = () => {
    throw new Error('nobody is to be asked')
  }
  await own.engine.connect(name, nobody, plain)
  expect(await ask()).toBe(200)

  const { endSessionUrl } = await own.engine.signOut(name)
  expect(endSessionUrl).toContain('/oauth/logout?')
  const page = await browser.newPage()
  await page.goto(endSessionUrl as string)
  await page.getByText('You are signed out').waitFor()
  await eventually('Keycloak has no session', async () => {
    const id = await site.realm.userId('ana')
    return ((await site.realm.admin('GET', `/users/${id}/sessions`)) as unknown[]).length === 0
  })
})

test('a fresh sign-in is asked for at Keycloak, also of whom it knows', async () => {
  await own.engine.signIn(name, as('ana'), plain)
  const asked: string[] = []
  const page = await browser.newPage()
  const again: Show = (shown) => {
    if (shown.kind !== 'browser') throw new Error('not in a browser')
    asked.push(shown.url)
    void page.goto(shown.url).then(() => signInAtKeycloak(page, 'ana'))
  }
  await own.engine.signIn(name, again, { device: false, fresh: true })
  expect(new URL(asked[0] as string).searchParams.get('prompt')).toBe('login')
  expect(own.status()).toMatchObject({ signedIn: true, person: { name: 'ana@example.com' } })
})

test('a stronger sign-in that Keycloak does not give is told, and she stays as she is', async () => {
  await own.engine.connect(name, as('ana'), plain)
  expect(await ask('strong')).toBe(403)
  await eventually('a stronger one is offered', async () => own.status().stepUp?.code === 'SIGN_IN_TOO_WEAK')
  const page = await browser.newPage()
  const stronger: Show = (shown) => {
    if (shown.kind !== 'browser') throw new Error('not in a browser')
    void page.goto(shown.url).then(() => signInAtKeycloak(page, 'ana', 'That did not work'))
  }
  await expect(own.engine.signIn(name, stronger, plain)).rejects.toMatchObject({
    code: 'SIGN_IN_FAILED',
    message: 'The provider did not sign you in as is asked for here (https://refeds.org/profile/mfa).',
  })
  expect(own.status()).toMatchObject({ state: 'connected', signedIn: true })
  expect(await ask()).toBe(200)
  await own.engine.signOut(name)
})

test('who is logged out at Keycloak is out here, with open sessions', async () => {
  await own.engine.signIn(name, as('ana'), plain)
  await own.engine.connect(name, as('ana'), plain)
  expect(await ask()).toBe(200)
  await logOutAtKeycloak(await browser.newPage(), site.realm)
  await eventually(
    'she is out',
    async () => own.status().state !== 'connected' || (await ask().catch(() => 0)) !== 200,
  )
  await eventually('her session has ended', async () =>
    (await records()).some(({ verb, error }) => verb === 'session.close' && error === 'SESSION_ENDED'),
  )
})

test('jetway connects as ana, whom Chromium signs in at Keycloak, and says when she is out', async () => {
  const context = await openBrowser()
  const place = { home: await mkdtemp(join(tmpdir(), 'jetway-')) }
  try {
    const port = String(await freePort())
    const run = startJetway(
      ['connect', '--relay', site.relay.url, '--port', port, '--no-browser', '--token-store', 'memory'],
      place,
    )
    const { url } = await run.next('browse')
    const page = await context.newPage()
    await page.goto(url as string)
    await signInAtKeycloak(page, 'ana')
    expect(await run.next('connected')).toMatchObject({
      environment: { person: { name: 'ana@example.com' } },
    })
    expect((await fetch(`http://localhost:${port}/api/v2/dags/hello`)).status).toBe(200)
    await logOutAtKeycloak(page, site.realm)
    // The person is there: another page to sign in at, which Keycloak has forgotten her for.
    const again = await run.next('browse')
    await page.goto(again.url as string)
    await signInAtKeycloak(page, 'ana')
    await run.next('connected')
    expect((await fetch(`http://localhost:${port}/api/v2/dags/hello`)).status).toBe(200)
    run.child.kill('SIGINT')
    expect(await run.exit()).toBe(0)
  } finally {
    await context.close()
    await rm(place.home, { recursive: true })
  }
})
