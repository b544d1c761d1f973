import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Credentials } from '#client/auth/credentials.ts'
import type { Oidc } from '#client/auth/provider.ts'
import type { SignInPage } from '#client/auth/sign-in-request.ts'
import { memoryStore } from '#client/auth/token-store.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import {
  audience,
  clientId,
  type DemoProvider,
  scopes,
  startProvider,
} from '../../../../demo/provider/provider.ts'
import { signInOverHttp } from '../../../../demo/sign-in-over-http.ts'

type Device = Extract<SignInPage, { kind: 'device' }>

/** Against a real provider, asked more often than every five seconds. */
let provider: DemoProvider
let oidc: DiscoveryDocument['oidc']
let polls: number[]
let requests: Record<string, unknown>[]
let answer: { metadata?: object; device?: object; poll?: object | 'cut' | null }
beforeAll(async () => {
  provider = await startProvider({
    port: 0,
    accessTokenSeconds: 300,
    async around(context, next) {
      const isPoll = context.path === '/token'
      if (isPoll) polls.push(performance.now())
      const { poll = null } = answer
      if (isPoll && poll !== null) {
        answer.poll = null
        if (poll === 'cut') context.req.socket.destroy()
        else Object.assign(context, { status: 400, body: poll })
        return
      }
      await next()
      if (context.path === '/device/auth') {
        requests.push({ ...context.oidc.body })
        context.body = { ...(context.body as object), interval: 0.05, ...answer.device }
      }
      if (context.path.startsWith('/.well-known/'))
        context.body = { ...(context.body as object), ...answer.metadata }
    },
  })
  oidc = { issuer: provider.issuer, clientId, scopes, resource: audience, redirectPorts: null }
})
beforeEach(() => {
  ;[polls, requests, answer] = [[], [], {}]
})
afterAll(() => provider.close())

function signIn(act: (code: Device) => unknown, signal = new AbortController().signal, to: Oidc = oidc) {
  const credentials = new Credentials({ environment: 'prod', account: 'a', store: memoryStore(null) })
  let acting: unknown
  const done = credentials
    .signIn(to, null, {
      device: true,
      wished: null,
      same: false,
      signal,
      show: (page) => {
        acting = act(page as Device)
      },
    })
    .finally(() => acting)
  return done.then(() => credentials)
}
const confirm = ({ verificationUriComplete }: Device) =>
  signInOverHttp(verificationUriComplete as string, 'ana')

test('what it gives is bound to a key, and so is what renews it, where the relay takes that', async () => {
  const to = { ...oidc, dpop: 'optional' } as const
  const credentials = await signIn(confirm, undefined, to)
  const one = await credentials.accessToken(to, null)
  const two = await credentials.accessToken(to, null, one.token)
  for (const { token, key } of [one, two]) expect(decodeJwt(token).cnf).toEqual({ jkt: key?.thumbprint })
})

test('signs in with what is shown, with PKCE, and goes on like any other sign-in', async () => {
  let shown: Device | undefined
  const credentials = await signIn((code) => {
    shown = code
    return confirm(code)
  })
  expect(shown).toMatchObject({
    userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
    verificationUri: `${provider.issuer}/device`,
    verificationUriComplete: `${provider.issuer}/device?user_code=${shown?.userCode}`,
  })
  expect(shown?.expiresInSeconds).toBeGreaterThan(60)
  expect(requests[0]).toMatchObject({ code_challenge_method: 'S256', code_challenge: expect.any(String) })
  expect(credentials.person).toMatchObject({ subject: 'ana' })
  const { token } = await credentials.accessToken(oidc, null)
  expect((await credentials.accessToken(oidc, null, token)).token).not.toBe(token)
})

test('asks again after an answer that was lost', async () => {
  answer.poll = 'cut'
  expect((await signIn(confirm)).signedIn).toBe(true)
  expect(polls.length).toBeGreaterThan(1)
})

test('asks five seconds less often when it is told to slow down', async () => {
  answer.poll = { error: 'slow_down' }
  await signIn(confirm)
  expect((polls[1] as number) - (polls[0] as number)).toBeGreaterThan(4900)
}, 20_000)

test('a person who says no', async () => {
  const refused = signIn(async ({ verificationUriComplete }) => {
    const page = await fetch(verificationUriComplete as string)
    const cookie = page.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ')
    const text = await page.text()
    const hidden = [...text.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, k = '', v = '']) => [k, v])
    const form = { ...Object.fromEntries(hidden), abort: 'yes' }
    await fetch(`${provider.issuer}/device`, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { cookie },
    })
  })
  await expect(refused).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
})

test('a code that nobody used in time: as the provider says, or by the clock', async () => {
  answer.poll = { error: 'expired_token' }
  await expect(signIn(() => {})).rejects.toMatchObject({ code: 'SIGN_IN_TIMEOUT', params: { minutes: 10 } })
  answer.device = { expires_in: 0.2 }
  await expect(signIn(() => {})).rejects.toMatchObject({ code: 'SIGN_IN_TIMEOUT', params: { minutes: 1 } })
})

test('cancelling ends it, and the asking', async () => {
  const controller = new AbortController()
  await expect(signIn(() => controller.abort(), controller.signal)).rejects.toMatchObject({
    code: 'SIGN_IN_CANCELLED',
  })
  expect(polls).toHaveLength(0)
})

test.each([
  ['without the device grant', { device_authorization_endpoint: undefined }, 'DEVICE_SIGN_IN_UNSUPPORTED'],
  ['without PKCE', { code_challenge_methods_supported: undefined }, 'PKCE_UNSUPPORTED'],
])('a provider %s is said to be one', async (_, metadata, code) => {
  answer.metadata = metadata
  await expect(signIn(() => {})).rejects.toMatchObject({ code })
  expect(requests).toHaveLength(0)
})

test.each(['javascript:alert(1)', 'file:///etc/passwd', 'not a page'])(
  'a page at %s is not shown to anyone',
  async (verification_uri) => {
    answer.device = { verification_uri }
    let shown = 0
    await expect(
      signIn(() => {
        shown += 1
      }),
    ).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
    answer.device = { verification_uri_complete: verification_uri }
    await expect(
      signIn(() => {
        shown += 1
      }),
    ).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
    expect(shown).toBe(0)
  },
)
