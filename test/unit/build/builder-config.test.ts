import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Configuration } from 'electron-builder'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { releaseConfig } from '../../../build/release-config.ts'

/** Packages for macOS and Windows take macOS and Windows; that what they are told is understood does not. */
const root = join(import.meta.dirname, '../../..')
const read = (): Configuration => parse(readFileSync(join(root, 'electron.builder.yml'), 'utf8'))
const config = read()
const ofElectronBuilder = createRequire(import.meta.resolve('electron-builder'))
const { validateConfiguration } = ofElectronBuilder('app-builder-lib/out/util/config/config.js') as {
  validateConfiguration(config: Configuration, logger: object): Promise<void>
}

test.each(['linux', 'darwin', 'win32'] as const)('electron-builder takes it for %s', async (platform) => {
  const env = {
    CSC_LINK: 'c',
    CSC_KEY_PASSWORD: 'p',
    APPLE_API_KEY: 'k',
    APPLE_API_KEY_ID: 'i',
    APPLE_API_ISSUER: 's',
    JETWAY_UPDATE_URL: 'https://updates.example',
    JETWAY_UPDATE_KEY: 'update.pub',
  }
  const whole = { ...read(), ...releaseConfig(platform, env, { isSigned: true }) }
  await expect(validateConfiguration(whole, { isEnabled: false })).resolves.toBeUndefined()
})

test.each([
  { nsis: { perMaschine: false } },
  { win: { signtoolOptions: { signingHashAlgorithms: ['md5'] } } },
  { mac: { notarise: true } },
  { toolsets: { appimage: '9.9.9' } },
])('and would not take a mistake: %j', async (mistake) => {
  const wrong = { ...read(), ...mistake } as Configuration
  await expect(validateConfiguration(wrong, { isEnabled: false })).rejects.toThrow('configuration.')
})

test('each platform has its formats', () => {
  expect([config.linux?.target, config.mac?.target, config.win?.target]).toEqual([
    ['deb', 'rpm', 'AppImage'],
    // Updates of macOS come as zip.
    ['dmg', 'zip'],
    'nsis',
  ])
})

test('everywhere: jetway:// links, the fuses, updates of the generic provider alone', () => {
  expect(config.protocols).toEqual([{ name: 'Jetway', schemes: ['jetway'] }])
  expect(config.electronFuses).toEqual({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  })
})

test('macOS: hardened, notarised, with no entitlement but machine code of V8', () => {
  expect(config.mac).toMatchObject({ hardenedRuntime: true, notarize: true })
  const entitlements = readFileSync(join(root, config.mac?.entitlements as string), 'utf8')
  expect([...entitlements.matchAll(/<key>(.*?)<\/key>/g)].map(([, key]) => key)).toEqual([
    'com.apple.security.cs.allow-jit',
  ])
  expect(config.mac?.entitlementsInherit).toBe(config.mac?.entitlements)
})

test('Windows: of one person, without an administrator; removing asks what happens to their data', () => {
  expect(config.win).toMatchObject({ requestedExecutionLevel: 'asInvoker', verifyUpdateCodeSignature: true })
  expect(config.nsis).toMatchObject({
    oneClick: true,
    perMachine: false,
    packElevateHelper: false,
    deleteAppDataOnUninstall: false,
  })
  expect(existsSync(join(root, config.nsis?.include as string))).toBe(true)
})

test('Linux: nothing switches the sandbox off', () => {
  expect(readFileSync(join(root, 'electron.builder.yml'), 'utf8')).not.toMatch(/no-sandbox|executableArgs/)
  // The one before has it in the desktop file.
  expect(config.toolsets?.appimage).toBe('1.0.3')
})
