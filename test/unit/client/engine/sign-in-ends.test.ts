import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { memoryStore } from '#client/auth/token-store.ts'
import { Engine } from '#client/engine/engine.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { audience, clientId, scopes, startProvider } from '../../../../demo/provider/provider.ts'
import { signInOverHttp } from '../../../../demo/sign-in-over-http.ts'
import { startOwnRelay } from '../../../support/own-relay.ts'

/** Whether it is known when a sign-in ends, with a real provider. */
const lifetimeSeconds = 300
let renews: boolean
let provider: Awaited<ReturnType<typeof startProvider>>
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
  const { issuer } = provider
  const relay = await startOwnRelay(issuer, {
    identity: { oidc: { issuer, clientId, audience, scopes, resource: audience } },
    services: {
      wiki: { type: 'http', url: issuer, localPort: await freePort(), identity: { keyFile: 'relay.pem' } },
    },
    policy: { contact: 'Ask us.', grants: [] },
  })
  const home = await mkdtemp(join(tmpdir(), 'engine-'))
  const engine = await Engine.start(home, memoryStore(null))
  onTestFinished(async () => {
    await engine.stop()
    await relay.close()
    await rm(home, { recursive: true })
  })
  const { name, signInEnds } = await engine.addEnvironment({ relayUrl: relay.url })
  expect(signInEnds).toBeNull()
  return engine.signIn(
    name,
    (page) => {
      if (page.kind === 'browser') void signInOverHttp(page.url, 'ana')
    },
    { device: false, fresh: false },
  )
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
