import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Credentials } from '#client/auth/credentials.ts'
import { memoryStore } from '#client/auth/token-store.ts'
import { oidcConfig } from '#shared/config/identity/oidc.ts'
import * as demo from '../../../../demo/provider/provider.ts'
import { examineToken } from '../../../../relay/doctor/token.ts'
import { createOidcAuthenticator } from '../../../../relay/identity/oidc.ts'
import { complaints, examined, relayFolder } from '../../../support/doctor.ts'
import { relayCommand, relayCommandReading } from '../../../support/relay-command.ts'
import { signInAs } from '../../../support/sign-in-as.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

let provider: TokenProvider
beforeAll(async () => {
  provider = await startTokenProvider()
})
afterAll(() => provider.close())

const identity = (more: object = {}) => ({
  oidc: { issuer: provider.issuer, audience, clientId: 'jetway', ...more },
})
const seconds = (n: number) => Math.floor(Date.now() / 1000) + n
const ofToken = async (token: string, more: object = {}, groups?: readonly string[]) =>
  (await examined(identity(more), { token, ...(groups ? { groups } : {}) })).filter(
    ({ about }) => about === 'token',
  )

test('a real token of a real provider is all right', async () => {
  const real = await demo.startProvider({ port: 0, accessTokenSeconds: 60 })
  onTestFinished(() => real.close())
  const { clientId, scopes } = demo
  const oidc = { issuer: real.issuer, clientId, scopes, resource: demo.audience, redirectPorts: null }
  const credentials = new Credentials({ environment: 'x', account: 'x', store: memoryStore(null) })
  const ana = signInAs('ana')
  await credentials.signIn(oidc, null, ana)
  await ana.done()
  const { token } = await credentials.accessToken(oidc, null)
  const found = await examined(
    { oidc: { issuer: real.issuer, clientId, audience: demo.audience, scopes } },
    { token },
  )
  expect(complaints(found)).toEqual([])
  expect(found.find(({ about, check }) => about === 'token' && check === 'groups')?.what).toBe(
    'It has 1 group(s); of these the policy speaks of data-eng.',
  )
})

const many = (n: number) => Array.from({ length: n }, (_, i) => `g${i}`)
const faults: [string, () => Promise<string>, string[], RegExp][] = [
  ['that is opaque', async () => 'ya29.a0AfH6SMBx', ['fault form'], /no JWT/],
  ['of another issuer', () => provider.token({ iss: 'https://x' }), ['fault issuer'], /"https:\/\/x"/],
  [
    'for another audience',
    () => provider.token({ aud: ['a', 'b'] }),
    ['fault audience', 'fault verdict'],
    /\["a","b"\]/,
  ],
  ['of another type', () => provider.token({}, { typ: 'JWT' }), ['fault type', 'fault verdict'], /"jwt"/],
  ['that is an ID token', () => provider.token({ nonce: 'n' }), ['fault kind', 'fault verdict'], /ID token/],
  [
    'that ran out',
    () => provider.token({ exp: seconds(-600) }),
    ['fault end', 'fault verdict'],
    /ran out 60\d s ago/,
  ],
  [
    'from the future',
    () => provider.token({ iat: seconds(600) }),
    ['fault clock', 'fault verdict'],
    /(600|599) s from now/,
  ],
  ['without an end', () => provider.token({ exp: undefined }), ['fault end', 'fault verdict'], /no end/],
  ['without groups', () => provider.token({ groups: undefined }), ['fault groups'], /no claim "groups"/],
  [
    'with groups left out',
    () => provider.token({ groups: undefined, hasgroups: true }),
    ['fault groups'],
    /too many/,
  ],
  [
    'in none that counts',
    () => provider.token({ groups: ['x'] }),
    ['warning groups'],
    /1 group\(s\), and.*none/,
  ],
  [
    'that was changed',
    async () => `${(await provider.token()).slice(0, -6)}AAAAAA`,
    ['fault verdict'],
    /UNAUTHENTICATED/,
  ],
]
test.each(faults)('a token %s is told', async (_what, make, expected, words) => {
  const token = await make()
  const found = await ofToken(token)
  expect(complaints(found)).toEqual(expected)
  expect(found.find(({ level }) => level === 'fault' || level === 'warning')?.what).toMatch(words)
  for (const { level, remedy } of found) if (level === 'fault') expect(remedy).toBeTruthy()
  expect(JSON.stringify(found)).not.toContain(token.split('.').at(-1))
})

test.each([
  [99, []],
  [100, ['fault groups']],
  [101, []],
])('of %i groups at Okta it says %j', async (n, expected) => {
  const token = await provider.token({ groups: [...many(n - 1), 'data-eng'], uid: 'u' })
  expect(await examinedAtOkta(token)).toEqual(expected)
})

/** With Okta's preset at an issuer that is none of Okta's. */
async function examinedAtOkta(token: string): Promise<string[]> {
  const issuer = `${provider.issuer}/oauth2/default`
  const config = oidcConfig.parse({ issuer, audience, clientId: 'jetway', provider: 'okta' })
  const oidc = { ...config, issuer: provider.issuer }
  const authenticators = [createOidcAuthenticator(oidc)]
  return complaints(
    await examineToken(token, { oidc, authenticators, policyGroups: ['data-eng'], mustBeBound: false }),
  )
}

test.each([
  [['0760b6cf-170e-4a14-91b3-4b78e0739963'], /object id/],
  [['/data-eng'], /Full group path/],
  [['Data-Eng'], /how the provider spells them/],
])('groups %j, which the policy spells otherwise', async (groups, remedy) => {
  const found = await ofToken(await provider.token({ groups }))
  expect(found.find(({ check }) => check === 'groups')).toMatchObject({
    level: 'warning',
    remedy: expect.stringMatching(remedy),
  })
})

test('the command says it, by exit code too, and shows nothing of the token', async () => {
  const folder = await relayFolder(identity())
  const good = await provider.token({ sub: 'secret-subject' })
  await writeFile(join(folder, 'token'), `${good}\n`)
  const ok = await relayCommand(folder, 'doctor', 'identity', '--token-file', 'token')
  // This provider has no endpoints for people.
  expect(ok.stdout).toContain('ok   verdict: The relay believes it: a person.')
  expect(ok.stdout).toContain('FAIL endpoints: It names no token_endpoint.')
  expect(ok.code).toBe(1)
  expect(ok.stderr).toMatch(/\d+ of \d+ check\(s\) failed/)

  const bad = await provider.token({ aud: 'other' })
  const fromStdin = await relayCommandReading(
    bad,
    folder,
    'doctor',
    'identity',
    '--token-file',
    '-',
    '--json',
  )
  const { checks } = JSON.parse(fromStdin.stdout)
  expect(complaints(checks.filter(({ about }: { about: string }) => about === 'token'))).toEqual([
    'fault audience',
    'fault verdict',
  ])
  for (const text of [ok.stdout, ok.stderr, fromStdin.stdout, fromStdin.stderr]) {
    for (const part of [...good.split('.'), ...bad.split('.'), 'secret-subject'])
      expect(text).not.toContain(part)
  }
})

test.each([
  ['missing', null],
  ['empty', ' \n'],
  ['huge', 'x'.repeat(70_000)],
])('a token file that is %s is a mistake of usage', async (_what, content) => {
  const folder = await relayFolder(identity())
  if (content !== null) await writeFile(join(folder, 'token'), content)
  const { code, stderr } = await relayCommand(folder, 'doctor', 'identity', '--token-file', 'token')
  expect(code).toBe(2)
  expect(stderr).toContain('token holds no token that can be read')
})

test('a token that is bound to no key is told where it has to be', async () => {
  const strict = { ...identity(), dpop: { required: true } }
  const of = async (claims: object) => {
    const found = await examined(strict, { token: await provider.token({ ...claims }) })
    return complaints(found.filter(({ about }) => about === 'token'))
  }
  expect(await of({})).toEqual(['fault bound'])
  expect(await of({ cnf: { jkt: 'x'.repeat(43) } })).toEqual([])
})
