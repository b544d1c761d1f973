import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DemoProvider, startProvider } from '../../../demo/provider/provider.ts'
import { signInOverHttp } from '../../../demo/sign-in-over-http.ts'
import { startJetway } from '../../support/jetway-command.ts'
import type { OwnRelay } from '../../support/own-relay.ts'
import { startPeopleRelay } from '../../support/people-relay.ts'

/** The real command, on a machine without a browser. */
let provider: DemoProvider
let relay: OwnRelay
let home: string
let noDevices: boolean
beforeAll(async () => {
  provider = await startProvider({
    port: 0,
    accessTokenSeconds: 300,
    async around(context, next) {
      await next()
      if (context.path === '/device/auth') context.body = { ...(context.body as object), interval: 0.1 }
      if (noDevices && context.path.startsWith('/.well-known/'))
        context.body = { ...(context.body as object), device_authorization_endpoint: undefined }
    },
  })
  relay = await startPeopleRelay(provider.issuer, provider.issuer)
  home = await mkdtemp(join(tmpdir(), 'cli-'))
})
afterAll(async () => {
  await relay?.close()
  await provider?.close()
  await rm(home, { recursive: true, force: true })
})

const jetway = (command: string, ...args: string[]) =>
  startJetway([command, ...args, '--token-store', 'memory'], { home })

test('shows the page and the code, waits, and is signed in', async () => {
  const run = jetway('login', '--device', '--relay', relay.url)
  const code = await run.next('device-code')
  expect(code).toMatchObject({
    environment: expect.any(String),
    userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
    verificationUri: `${provider.issuer}/device`,
    expiresInSeconds: 600,
  })
  await signInOverHttp(code.verificationUriComplete as string, 'ana')
  expect(await run.next('signed-in')).toMatchObject({ environment: { person: { subject: 'ana' } } })
  expect(await run.exit()).toBe(0)
})

test('Ctrl-C ends the waiting', async () => {
  const run = jetway('login', '--device')
  await run.next('device-code')
  run.child.kill('SIGINT')
  expect(await run.next('error')).toMatchObject({ problem: { code: 'SIGN_IN_CANCELLED' } })
  expect(await run.exit()).toBe(4)
})

test('a provider that has no such sign-in is said to have none', async () => {
  noDevices = true
  const run = jetway('login', '--device')
  expect(await run.next('error')).toMatchObject({
    problem: { code: 'DEVICE_SIGN_IN_UNSUPPORTED', action: expect.stringContaining('without --device') },
  })
  expect(await run.exit()).toBe(4)
  noDevices = false
})

test('signing out, everywhere too, is no error where nobody is signed in', async () => {
  const run = jetway('logout', '--everywhere', '--no-browser')
  expect(await run.next('signed-out')).toMatchObject({ endSessionUrl: null })
  expect(await run.exit()).toBe(0)
})
