import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../../../build/setup/run.ts'
import { makeDpopKey } from '../../../support/dpop-key.ts'
import { eventually } from '../../../support/eventually.ts'
import {
  codeOf,
  codeVerifier,
  redeem,
  redirectUri,
  type SamlSite,
  startSamlSite,
} from '../../../support/saml-site.ts'

const main = join(import.meta.dirname, '../../../../relay/main.ts')

let site: SamlSite
beforeAll(async () => {
  site = await startSamlSite({ sessionMinutes: 5 })
})
afterAll(() => site?.close())

const code = async () => {
  const begun = await site.begin()
  return codeOf(await site.post(begun, site.respond(begun)))
}
const refresh = (token: string | undefined) =>
  site.token({ grant_type: 'refresh_token', refresh_token: token ?? '' })
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } }
/** What the audit says last: each refusal is in it, with its code. */
const lastRecord = async () => {
  await site.relay.auditLog.flush()
  return (await site.relay.records()).at(-1)
}
const denied = (path: string, code: string) => ({
  kind: 'session',
  path,
  principal: null,
  decision: { effect: 'deny', code },
})

describe('a request for authorization', () => {
  test.each([
    'http://127.0.0.1:1/callback',
    'http://127.0.0.1:65535/callback',
    'http://127.0.0.1/callback',
    'http://[::1]:8400/callback',
  ])('may come back to %s', async (redirect_uri) => {
    expect((await site.authorize({ redirect_uri })).headers.get('location')).toMatch(/\/sso\?SAMLRequest=/)
  })

  test.each([
    'http://localhost:8400/callback',
    'https://127.0.0.1:8400/callback',
    'http://127.0.0.1:8400/callback/',
    'http://127.0.0.1:8400/callback?x=y',
    'http://127.0.0.1:8400/callback#x',
    'http://127.0.0.1:8400/Callback',
    'http://127.0.0.1:8400/',
    'http://127.0.0.1:0/callback',
    'http://127.0.0.1:99999/callback',
    'http://127.0.0.1@evil.example/callback',
    'http://127.0.0.1:80@evil.example/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://127.0.0.2:8400/callback',
    'http://0x7f000001:8400/callback',
    'http://[::ffff:127.0.0.1]:8400/callback',
    'jetway:/callback',
    'http://127.0.0.1:8400/callback\nX: y',
    '',
  ])('for %j sends nobody anywhere', async (redirect_uri) => {
    const response = await site.authorize({ redirect_uri })
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
    expect(await response.text()).toContain('AUTHORIZATION_INVALID')
    expect(await lastRecord()).toMatchObject(denied('/oauth/authorize', 'AUTHORIZATION_INVALID'))
  })

  test.each<[string, Record<string, string | null>]>([
    ['another client', { client_id: 'other' }],
    ['no client', { client_id: null }],
  ])('of %s sends nobody anywhere', async (_what, changes) => {
    expect((await site.authorize(changes)).status).toBe(400)
    expect(await lastRecord()).toMatchObject(denied('/oauth/authorize', 'AUTHORIZATION_INVALID'))
  })

  test.each<[string, Record<string, string | null>, string]>([
    ['without PKCE', { code_challenge: null, code_challenge_method: null }, 'invalid_request'],
    ['with PKCE in the clear', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['with no method of PKCE', { code_challenge_method: null }, 'invalid_request'],
    ['with a short challenge', { code_challenge: 'x' }, 'invalid_request'],
    ['for a token', { response_type: 'token' }, 'unsupported_response_type'],
    ['for a fragment', { response_mode: 'fragment' }, 'invalid_request'],
    ['for no identity', { scope: 'profile' }, 'invalid_scope'],
    ['in an object', { request: 'a.b.c' }, 'request_not_supported'],
    ['in an object elsewhere', { request_uri: 'https://x' }, 'request_uri_not_supported'],
    ['that must ask nobody', { prompt: 'none' }, 'login_required'],
    ['with a long nonce', { nonce: 'n'.repeat(513) }, 'invalid_request'],
  ])('%s is answered to the client', async (_what, changes, error) => {
    const response = await site.authorize(changes)
    const location = new URL(response.headers.get('location') ?? '')
    expect(`${location.origin}${location.pathname}`).toBe(redirectUri)
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      error,
      state: 'the-state',
      iss: site.relay.url,
    })
    expect(await lastRecord()).toMatchObject(denied('/oauth/authorize', 'AUTHORIZATION_INVALID'))
  })

  test('with a parameter that stands twice is refused', async () => {
    const query = `client_id=jetway&client_id=jetway&redirect_uri=${encodeURIComponent(redirectUri)}`
    expect((await fetch(`${site.relay.url}/oauth/authorize?${query}`)).status).toBe(400)
  })

  test('for a fresh sign-in asks the provider for one', async () => {
    expect((await site.begin({ prompt: 'login' })).request).toContain('ForceAuthn="true"')
    expect((await site.begin({ max_age: '0' })).request).toContain('ForceAuthn="true"')
    expect((await site.begin()).request).not.toContain('ForceAuthn')
  })
})

describe('a code', () => {
  test('is good once; a second use ends what it gave', async () => {
    const once = await code()
    const { body } = await site.token(redeem(once))
    expect(await site.ask(body.access_token)).toBe(200)
    expect(await site.token(redeem(once))).toMatchObject(invalidGrant)
    expect(await site.ask(body.access_token)).toBe(401)
    expect(await refresh(body.refresh_token)).toMatchObject(invalidGrant)
    expect(await lastRecord()).toMatchObject(denied('/oauth/token', 'UNAUTHENTICATED'))
  })

  test('is good for one of those who come at once, and then for nobody', async () => {
    const once = await code()
    const all = await Promise.all([1, 2, 3].map(() => site.token(redeem(once))))
    expect(all.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    for (const { body } of all) expect(await refresh(body.refresh_token)).toMatchObject({ status: 400 })
  })

  test.each<[string, Record<string, string>]>([
    ['another verifier', { code_verifier: 'w'.repeat(43) }],
    ['a verifier that is none', { code_verifier: 'short' }],
    ['another redirect URI', { redirect_uri: 'http://127.0.0.1:50124/callback' }],
    ['another code', { code: 'x'.repeat(43) }],
  ])('with %s gives nothing, and is still its owner’s', async (_what, changes) => {
    const once = await code()
    expect(await site.token({ ...redeem(once), ...changes })).toMatchObject(invalidGrant)
    expect(await lastRecord()).toMatchObject(denied('/oauth/token', 'UNAUTHENTICATED'))
    expect(await site.token(redeem(once))).toMatchObject({ status: 200 })
  })

  test.each<[string, Record<string, string>, string, number]>([
    ['of another client', { client_id: 'other' }, 'invalid_client', 401],
    ['without a verifier', { code_verifier: '' }, 'invalid_request', 400],
    ['without a redirect URI', { redirect_uri: '' }, 'invalid_request', 400],
    ['of a grant that is not known', { grant_type: 'password' }, 'unsupported_grant_type', 400],
  ])('%s gives nothing', async (_what, changes, error, status) => {
    expect(await site.token({ ...redeem(await code()), ...changes })).toMatchObject({
      status,
      body: { error },
    })
  })
})

test('who proves no key, or another one, gets nothing, and ends nothing', async () => {
  const other = await makeDpopKey()
  const unproven = { status: 400, body: { error: 'invalid_dpop_proof' } }
  const once = await code()
  expect(await site.token(redeem(once), null)).toMatchObject(unproven)
  const { body } = await site.token(redeem(once))
  expect(body.token_type).toBe('DPoP')
  const renewal = { grant_type: 'refresh_token', refresh_token: body.refresh_token as string }
  expect(await site.token(renewal, null)).toMatchObject(unproven)
  expect(await site.token(renewal, other)).toMatchObject(invalidGrant)
  expect(await lastRecord()).toMatchObject(denied('/oauth/token', 'UNAUTHENTICATED'))
  expect(await site.token(renewal)).toMatchObject({ status: 200 })
})

describe('a refresh token', () => {
  test('is good once; a second use ends all that came of the sign-in', async () => {
    const first = await site.signIn()
    const second = await refresh(first.refresh_token)
    expect(second.status).toBe(200)
    expect(second.body.refresh_token).not.toBe(first.refresh_token)
    expect(await site.ask(second.body.access_token)).toBe(200)
    const other = await site.signIn()
    expect(await refresh(first.refresh_token)).toMatchObject(invalidGrant)
    expect(await lastRecord()).toMatchObject(denied('/oauth/token', 'UNAUTHENTICATED'))
    expect(await refresh(second.body.refresh_token)).toMatchObject(invalidGrant)
    expect(await site.ask(second.body.access_token)).toBe(401)
    expect(await site.ask(other.access_token)).toBe(200)
  })

  test.each(['x', '', 'a.b', `${'0'.repeat(36)}.x`])('that is none (%j) gives nothing', async (token) => {
    expect((await refresh(token)).status).toBe(400)
  })

  test('gives nothing to someone whose access was revoked', async () => {
    const { refresh_token: token } = await site.signIn({
      nameId: 'dan',
      attributes: { email: ['dan@example.com'] },
    })
    await run(process.execPath, [
      main,
      'revoke',
      'dan@example.com',
      '--reason',
      'left',
      '--config',
      site.relay.configFile,
    ])
    await eventually('it is refused', async () => {
      const begun = await site.begin()
      const again = site.respond(begun, { nameId: 'dan', attributes: { email: ['dan@example.com'] } })
      return (await site.post(begun, again)).status === 403
    })
    expect(await refresh(token)).toMatchObject(invalidGrant)
  })
})

test('revocation ends the sign-in, and says nothing to anyone', async () => {
  const revoke = async (token: string) =>
    (
      await fetch(`${site.relay.url}/oauth/revoke`, {
        method: 'POST',
        body: new URLSearchParams({ token, client_id: 'jetway' }),
      })
    ).status
  const { access_token: access, refresh_token: token } = await site.signIn()
  expect(await revoke('unknown.token')).toBe(200)
  expect(await revoke(access as string)).toBe(200)
  expect(await site.ask(access)).toBe(200)
  expect(await revoke(token as string)).toBe(200)
  expect(await site.ask(access)).toBe(401)
  expect(await refresh(token)).toMatchObject(invalidGrant)
  expect(await revoke(token as string)).toBe(200)
})

test('a sign-in lasts no longer than its own time', async () => {
  const { expires_in: left } = await site.signIn({ sessionEnds: 100 })
  expect(Number(left)).toBeLessThanOrEqual(100)
  expect(Number((await site.signIn()).expires_in)).toBeLessThanOrEqual(300)
})

test('no secret is in the log', async () => {
  const once = await code()
  const { body } = await site.token(redeem(once))
  const log = site.logLines.join('')
  for (const secret of [once, codeVerifier, body.refresh_token, body.access_token])
    expect(log).not.toContain(secret)
})
