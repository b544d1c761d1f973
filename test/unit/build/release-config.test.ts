import { expect, test } from 'vitest'
import { lacksOf, releaseConfig } from '../../../build/release-config.ts'

const certificate = { CSC_LINK: 'certificate.p12', CSC_KEY_PASSWORD: 'secret' }
const notarisation = { APPLE_API_KEY: 'key.p8', APPLE_API_KEY_ID: 'id', APPLE_API_ISSUER: 'issuer' }
const signed = { isSigned: true }
const unsigned = { isSigned: false }

test.each([
  ['win32', {}, /CSC_LINK, CSC_KEY_PASSWORD/],
  ['win32', { CSC_LINK: 'certificate.p12' }, /takes CSC_KEY_PASSWORD\./],
  ['win32', { ...certificate, CSC_LINK: '' }, /takes CSC_LINK\./],
  ['darwin', certificate, /takes APPLE_API_KEY, APPLE_API_KEY_ID, APPLE_API_ISSUER\./],
  ['darwin', { ...certificate, ...notarisation, APPLE_API_ISSUER: undefined }, /takes APPLE_API_ISSUER\./],
] as const)(
  'a release for %s is not made where its signature lacks something: %j',
  (platform, env, message) => {
    expect(() => releaseConfig(platform, env, signed)).toThrow(message)
    expect(releaseConfig(platform, env, unsigned).forceCodeSigning).toBe(false)
  },
)

test('what is not signed in the end is no release', () => {
  expect(releaseConfig('win32', certificate, signed).forceCodeSigning).toBe(true)
  expect(releaseConfig('darwin', { ...certificate, ...notarisation }, signed).forceCodeSigning).toBe(true)
})

test('Linux has no certificates: its feed is signed', () => {
  expect(releaseConfig('linux', {}, signed)).toEqual({ forceCodeSigning: false, publish: null })
})

test('an error names variables, and not what they hold', () => {
  const env = { CSC_KEY_PASSWORD: 'the-password' }
  expect(() => releaseConfig('win32', env, signed)).toThrow(/^(?!.*the-password)/)
})

test.each([{ JETWAY_UPDATE_URL: 'https://updates.example' }, { JETWAY_UPDATE_KEY: 'update.pub' }])(
  'half of what updates take is a mistake: %j',
  (env) => {
    expect(() => releaseConfig('linux', env, unsigned)).toThrow('belong together')
  },
)

test.each([
  ['https://updates.example/jetway', true],
  ['http://127.0.0.1:8000', true],
  ['http://updates.example', false],
  ['ftp://updates.example', false],
])('updates come from %s: %s', (url, allowed) => {
  const env = { JETWAY_UPDATE_URL: url, JETWAY_UPDATE_KEY: 'update.pub' }
  if (allowed) expect(releaseConfig('linux', env, signed).publish).toMatchObject({ provider: 'generic', url })
  else expect(() => releaseConfig('linux', env, signed)).toThrow('is not https')
})

test('a build says what it lacks, and what that means for people', () => {
  expect(lacksOf('darwin', {}, unsigned).join('\n')).toMatch(
    /NOTARISED: macOS does not open it.*WITHOUT UPDATES/s,
  )
  expect(lacksOf('win32', {}, unsigned).join('\n')).toMatch(/NOT SIGNED.*WITHOUT UPDATES/s)
  expect(lacksOf('linux', { JETWAY_UPDATE_URL: 'https://updates.example' }, signed)).toEqual([])
})
