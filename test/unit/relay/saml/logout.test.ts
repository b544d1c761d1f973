import { inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type LogoutParts,
  makeSamlKey,
  newId,
  type SamlKey,
  samlLogoutRequest,
  sign,
  time,
} from '../../../support/saml-provider.ts'
import { type SamlSite, startSamlSite } from '../../../support/saml-site.ts'

let site: SamlSite
beforeAll(async () => {
  site = await startSamlSite()
})
afterAll(() => site?.close())

interface Parts extends LogoutParts {
  readonly destination: string
  readonly key: SamlKey | null
  readonly algorithm: 'sha1' | 'sha256'
}
const logoutRequest = (o: Partial<Parts> = {}) => {
  const { destination = `${site.relay.url}/saml/slo`, key = site.key, algorithm = 'sha256', ...parts } = o
  const xml = samlLogoutRequest(destination, parts)
  return key ? sign(xml, 'LogoutRequest', { key, algorithm, digest: 'sha256' }) : xml
}
const post = (xml: string) =>
  fetch(`${site.relay.url}/saml/slo`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ SAMLRequest: Buffer.from(xml).toString('base64'), RelayState: 'theirs' }),
  })
const messageOf = (location: string | null, name: string) =>
  inflateRawSync(Buffer.from(new URL(location ?? '').searchParams.get(name) ?? '', 'base64')).toString('utf8')

test('the provider ends a session: its tokens, and no others', async () => {
  const [ana, bob] = [await site.signIn(), await site.signIn({ nameId: 'bob' })]
  const id = newId()
  const response = await post(logoutRequest({ id }))
  expect(response.status).toBe(303)
  const location = response.headers.get('location')
  expect(new URL(location as string).pathname).toBe('/slo')
  expect(new URL(location as string).searchParams.get('RelayState')).toBe('theirs')
  expect(messageOf(location, 'SAMLResponse')).toContain(`InResponseTo="${id}"`)
  expect(await site.ask(ana.access_token)).toBe(401)
  expect(
    (await site.token({ grant_type: 'refresh_token', refresh_token: ana.refresh_token as string })).status,
  ).toBe(400)
  expect(await site.ask(bob.access_token)).toBe(200)
})

test('without a session it ends all of a person; another session is left alone', async () => {
  const ana = await site.signIn()
  await post(logoutRequest({ sessionIndex: 'other' }))
  expect(await site.ask(ana.access_token)).toBe(200)
  await post(logoutRequest({ sessionIndex: null }))
  expect(await site.ask(ana.access_token)).toBe(401)
})

test.each<[string, () => Promise<Partial<Parts>>]>([
  ['that nobody signed', async () => ({ key: null })],
  ['signed with another key', async () => ({ key: await makeSamlKey() })],
  ['signed with SHA-1', async () => ({ algorithm: 'sha1' })],
  ['of another issuer', async () => ({ issuer: 'https://other' })],
  ['for another destination', async () => ({ destination: 'https://other' })],
  ['that is old', async () => ({ at: time(-400) })],
  ['that has expired', async () => ({ ends: time(-60) })],
  ['with a comment in the name', async () => ({ nameId: 'an<!---->a' })],
])('a logout request %s ends nothing', async (_what, parts) => {
  const ana = await site.signIn()
  const response = await post(logoutRequest(await parts()))
  expect(response.status).toBe(401)
  expect(await response.text()).toContain('SAML_REFUSED')
  expect(await site.ask(ana.access_token)).toBe(200)
})

test('a logout request counts once', async () => {
  const xml = logoutRequest()
  await post(xml)
  const ana = await site.signIn()
  expect((await post(xml)).status).toBe(401)
  expect(await site.ask(ana.access_token)).toBe(200)
})

test('whoever signs out here is signed out at the provider', async () => {
  const ana = await site.signIn()
  // As clients do it: the refresh token first.
  const body = new URLSearchParams({ token: ana.refresh_token as string, client_id: 'jetway' })
  await fetch(`${site.relay.url}/oauth/revoke`, { method: 'POST', body })
  const url = new URL('/oauth/logout', site.relay.url)
  url.searchParams.set('id_token_hint', ana.id_token as string)
  const response = await fetch(url, { redirect: 'manual' })
  expect(response.status).toBe(303)
  const request = messageOf(response.headers.get('location'), 'SAMLRequest')
  expect(request).toContain('>ana</saml:NameID>')
  expect(request).toContain('session-1')
  expect(await site.ask(ana.access_token)).toBe(401)
  const back = await fetch(`${site.relay.url}/saml/slo?SAMLResponse=x`)
  expect([back.status, await back.text()]).toEqual([200, expect.stringContaining('You are signed out')])
})

test.each<[string, (tokens: Record<string, string>) => string]>([
  ['none', () => ''],
  ['no token', () => 'a.b.c'],
  [
    'one that was altered',
    ({ id_token: token = '' }) => token.replace(/\.(.)/, (all, c) => (c === 'e' ? '.f' : all)),
  ],
  ['an access token', ({ access_token: token = '' }) => token],
])('a hint that is %s ends nothing', async (_what, make) => {
  const ana = await site.signIn()
  const response = await fetch(`${site.relay.url}/oauth/logout?id_token_hint=${make(ana)}`)
  expect(response.status).toBe(200)
  expect(await site.ask(ana.access_token)).toBe(200)
})
