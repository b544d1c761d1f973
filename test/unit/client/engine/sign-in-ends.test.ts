import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type DemoProvider, startProvider } from '../../../../demo/provider/provider.ts'
import { inBrowser, plainWay, startOwnEngine } from '../../../support/own-engine.ts'
import { startPeopleRelay } from '../../../support/people-relay.ts'

/** Whether it is known when a sign-in ends, with a real provider. */
const lifetimeSeconds = 300
let renews: boolean
let provider: DemoProvider
beforeAll(async () => {
  provider = await startProvider({
    port: 0,
    accessTokenSeconds: lifetimeSeconds,
    async around(context, next) {
      await next()
      if (!renews && context.path === '/token')
        context.body = { ...(context.body as object), refresh_token: undefined }
    },
  })
})
afterAll(() => provider?.close())

async function signedIn() {
  const relay = await startPeopleRelay(provider.issuer, provider.issuer)
  const { engine, close } = await startOwnEngine()
  onTestFinished(async () => {
    await close()
    await relay.close()
  })
  const { name, signInEnds } = await engine.addEnvironment({ relayUrl: relay.url })
  expect(signInEnds).toBeNull()
  return engine.signIn(name, inBrowser('ana'), plainWay)
}

test('without a refresh token, with the access token', async () => {
  renews = false
  const { signInEnds } = await signedIn()
  const leftSeconds = (Date.parse(signInEnds as string) - Date.now()) / 1000
  expect(leftSeconds).toBeGreaterThan(lifetimeSeconds - 60)
  expect(leftSeconds).toBeLessThanOrEqual(lifetimeSeconds + 1)
})

test('one that is renewed does not say', async () => {
  renews = true
  expect((await signedIn()).signInEnds).toBeNull()
})
