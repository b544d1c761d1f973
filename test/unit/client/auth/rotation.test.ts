import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Credentials } from '#client/auth/credentials.ts'
import { memoryStore, type TokenStore } from '#client/auth/token-store.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import {
  audience,
  clientId,
  type DemoProvider,
  scopes,
  startProvider,
} from '../../../../demo/provider/provider.ts'
import { signInAs } from '../../../support/sign-in-as.ts'

/** Against a real provider whose refresh tokens rotate, and that ends everything when one comes a second time. */
let provider: DemoProvider
/** Between the provider and the client: before a request for a token, and before its answer. */
let hooks: { before?: () => Promise<void>; loseAnswer?: boolean }
let tokenRequests: number
beforeAll(async () => {
  provider = await startProvider({
    port: 0,
    accessTokenSeconds: 300,
    async around(context, next) {
      if (context.path !== '/token') return next()
      tokenRequests += 1
      const { before, loseAnswer } = hooks
      await before?.()
      await next()
      if (loseAnswer) context.req.socket.destroy()
    },
  })
})
beforeEach(() => {
  hooks = {}
  tokenRequests = 0
})
afterAll(() => provider.close())

const account = 'https://relay.example.com'
const oidcAt = ({ issuer }: DemoProvider): DiscoveryDocument['oidc'] => ({
  issuer,
  clientId,
  scopes,
  resource: audience,
  redirectPorts: null,
})

async function signedIn(store: TokenStore = memoryStore(null)): Promise<Credentials> {
  const credentials = new Credentials({ environment: 'prod', account, store })
  const ana = signInAs('ana')
  await credentials.signIn(oidcAt(provider), null, ana)
  await ana.done()
  return credentials
}

async function copyOf(store: TokenStore): Promise<Credentials> {
  const copy = memoryStore(null)
  await copy.set(account, (await store.get(account)) as string)
  const thief = new Credentials({ environment: 'prod', account, store: copy })
  await thief.load()
  return thief
}

/** @param credentials with an access token that will not do */
async function renew(credentials: Credentials): Promise<string> {
  const { token } = await credentials.accessToken(oidcAt(provider), null)
  return (await credentials.accessToken(oidcAt(provider), null, token)).token
}

function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const ended = { code: 'SIGN_IN_ENDED', params: { environment: 'prod' } }
const required = { code: 'SIGN_IN_REQUIRED' }

test('a refresh token that someone else has used: everything is forgotten, and it is said once', async () => {
  const store = memoryStore(null)
  const credentials = await signedIn(store)
  const thief = await copyOf(store)
  expect(await renew(thief)).toBeTruthy()
  await expect(renew(credentials)).rejects.toMatchObject(ended)
  expect([credentials.signedIn, credentials.person, await store.get(account)]).toEqual([false, null, null])
  await expect(credentials.accessToken(oidcAt(provider), null)).rejects.toMatchObject(required)
  // The one who stole it has nothing of it any more, either.
  await expect(renew(thief)).rejects.toMatchObject(ended)
})

test('however many wait for the refresh that fails, the provider is asked once and all are told', async () => {
  const store = memoryStore(null)
  const credentials = await signedIn(store)
  const { token } = await credentials.accessToken(oidcAt(provider), null)
  await renew(await copyOf(store))
  tokenRequests = 0
  const all = await Promise.allSettled(
    Array.from({ length: 50 }, () => credentials.accessToken(oidcAt(provider), null, token)),
  )
  expect(all.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(
    Array(50).fill('SIGN_IN_ENDED'),
  )
  expect(tokenRequests).toBe(1)
})

test('an answer that was lost: the retry is a second use, so the person signs in again', async () => {
  const store = memoryStore(null)
  const credentials = await signedIn(store)
  hooks.loseAnswer = true
  await expect(renew(credentials)).rejects.toMatchObject({
    code: 'PROVIDER_UNREACHABLE',
    entry: { retry: true },
  })
  expect(credentials.signedIn).toBe(true)
  hooks = {}
  await expect(renew(credentials)).rejects.toMatchObject(ended)
  expect(await store.get(account)).toBeNull()
})

test('a crash between answer and store is the same', async () => {
  const store = memoryStore(null)
  const credentials = await signedIn(store)
  const afterCrash = await copyOf(store)
  await renew(credentials)
  await expect(afterCrash.accessToken(oidcAt(provider), null)).rejects.toMatchObject(ended)
  expect(afterCrash.signedIn).toBe(false)
})

test('an engine that stops waits for the answer to a refresh', async () => {
  const store = memoryStore(null)
  const credentials = await signedIn(store)
  const before = await store.get(account)
  const gate = signal()
  hooks.before = () => gate.promise
  const renewed = renew(credentials)
  await new Promise(setImmediate)
  const settled = credentials.settled()
  gate.resolve()
  await settled
  expect(await store.get(account)).not.toBe(before)
  await renewed
})

test('a sign-out while a refresh is under way is a sign-out, and what comes of it is revoked', async () => {
  const store = memoryStore(null)
  const credentials = await signedIn(store)
  const arrived = signal()
  const gate = signal()
  hooks.before = () => {
    arrived.resolve()
    return gate.promise
  }
  const renewed = renew(credentials)
  const refused = expect(renewed).rejects.toMatchObject({ entry: { exit: 4 } })
  await arrived.promise
  const out = credentials.signOut(null)
  gate.resolve()
  await refused
  await out
  expect([credentials.signedIn, await store.get(account)]).toEqual([false, null])
})

test('a relay that names another provider does not get the refresh token sent there', async () => {
  let asked = 0
  const other = await startProvider({
    port: 0,
    accessTokenSeconds: 300,
    around: async (context, next) => {
      if (context.path === '/token') asked += 1
      await next()
    },
  })
  const store = memoryStore(null)
  const credentials = await signedIn(store)
  const { token } = await credentials.accessToken(oidcAt(provider), null)
  await expect(credentials.accessToken(oidcAt(other), null, token)).rejects.toMatchObject(required)
  const otherClient = { ...oidcAt(provider), clientId: 'another' }
  await expect(credentials.accessToken(otherClient, null, token)).rejects.toMatchObject(required)
  expect(asked).toBe(0)
  expect(await renew(credentials)).toBeTruthy()
  await other.close()
})

test('a store that keeps nothing: signed in as long as it runs, and nothing stale stays behind', async () => {
  const store = memoryStore(null)
  const credentials = await signedIn(store)
  store.set = () => Promise.reject(new Error('locked'))
  expect(await renew(credentials)).toBeTruthy()
  expect(await store.get(account)).toBeNull()
  expect(await renew(credentials)).toBeTruthy()
})

test('what an older version kept says not whose it is, and counts as none', async () => {
  const store = memoryStore(null)
  const person = { subject: 'ana', name: 'Ana', email: null }
  await store.set(account, JSON.stringify({ version: 1, refreshToken: 'r', person }))
  const credentials = new Credentials({ environment: 'prod', account, store })
  await credentials.load()
  expect(credentials.signedIn).toBe(false)
})

test('after sign-out a browser can end the provider’s session too, without being asked who', async () => {
  const store = memoryStore(null)
  const credentials = await signedIn(store)
  // As another run of the engine would
  const later = new Credentials({ environment: 'prod', account, store })
  await later.load()
  const url = new URL((await later.signOut(null)) as string)
  expect(url.origin).toBe(provider.issuer)
  expect(url.pathname).toBe('/session/end')
  expect(url.searchParams.get('client_id')).toBe(clientId)
  expect(url.searchParams.get('id_token_hint')?.split('.')).toHaveLength(3)
  expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'id_token_hint'])
  expect((await fetch(url)).status).toBe(200)
  expect(await store.get(`${account}#id-token`)).toBeNull()
  await expect(renew(credentials)).rejects.toMatchObject(ended)
})

test('a code that is used a second time ends what came of it', async () => {
  const seen: string[] = []
  const own = await startProvider({
    port: 0,
    accessTokenSeconds: 300,
    async around(context, next) {
      await next()
      const body = context.oidc?.params as
        | { code?: string; code_verifier?: string; redirect_uri?: string }
        | undefined
      if (context.path === '/token' && body?.code) seen.push(JSON.stringify(body))
    },
  })
  const store = memoryStore(null)
  const credentials = new Credentials({ environment: 'prod', account, store })
  const ana = signInAs('ana')
  await credentials.signIn(oidcAt(own), null, ana)
  await ana.done()
  const { code, redirect_uri, code_verifier } = JSON.parse(seen[0] as string)
  const form = { grant_type: 'authorization_code', client_id: clientId, code, redirect_uri, code_verifier }
  const withoutVerifier = { ...form, code_verifier: '' }
  for (const body of [withoutVerifier, form]) {
    const replay = await fetch(`${own.issuer}/token`, { method: 'POST', body: new URLSearchParams(body) })
    expect(replay.status).toBe(400)
  }
  const { token } = await credentials.accessToken(oidcAt(own), null)
  await expect(credentials.accessToken(oidcAt(own), null, token)).rejects.toMatchObject(ended)
  await own.close()
})
