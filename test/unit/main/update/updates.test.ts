import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { UpdateState } from '#shared/ipc/desktop.ts'
import { isSignedBy, type SignedUpdate, signedBytes } from '../../../../main/update/feed-signature.ts'
import { type UpdateSource, Updates } from '../../../../main/update/updates.ts'
import { isNewer } from '../../../../main/update/version.ts'

const pair = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519')
const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string

function update(version: string, key = pair.privateKey): SignedUpdate & { signature: string } {
  const plain = { version, files: [{ url: `jetway-${version}.deb`, sha512: 'c2hh', size: 4 }] }
  return { ...plain, signature: sign(null, signedBytes(plain), key).toString('base64') }
}

function updatesFrom(source: Partial<UpdateSource>, options: { publicKey?: string | null } = {}) {
  const states: UpdateState[] = []
  const done: string[] = []
  const updates = new Updates({
    source: {
      check: async () => null,
      download: async (onPercent) => {
        done.push('download')
        onPercent(50)
      },
      install: () => void done.push('install'),
      ...source,
    },
    version: '0.1.0',
    publicKey,
    onState: (state) => states.push(state),
    onEvent: () => undefined,
    ...options,
  })
  return { updates, states, done, last: () => states.at(-1) }
}

test('a newer, signed update is downloaded, and installed when the person says so', async () => {
  const { updates, states, done } = updatesFrom({ check: async () => update('0.2.0') })
  expect(() => updates.install()).toThrow('No update is ready')
  await updates.look()
  expect(states.map(({ kind }) => kind)).toEqual(['none', 'checking', 'downloading', 'downloading', 'ready'])
  updates.install()
  expect(done).toEqual(['download', 'install'])
})

test.each([
  ['another key', update('0.2.0', other.privateKey)],
  ['no signature', { ...update('0.2.0'), signature: undefined as unknown as string }],
  ['another version than was signed', { ...update('0.2.0'), version: '0.3.0' }],
  [
    'another hash than was signed',
    { ...update('0.2.0'), files: [{ url: 'jetway-0.2.0.deb', sha512: 'x', size: 4 }] },
  ],
  ['one more file', { ...update('0.2.0'), files: [...update('0.2.0').files, { url: 'x', sha512: 'x' }] }],
  ['no files', { ...update('0.2.0'), files: [] }],
])('an update with %s is refused and not downloaded', async (_, found) => {
  const { updates, done, last } = updatesFrom({ check: async () => found })
  await updates.look()
  expect(last()).toMatchObject({ kind: 'failed', problem: { code: 'UPDATE_UNTRUSTED' } })
  expect(done).toEqual([])
})

test.each(['0.0.9', '0.1.0', '0.2.0-beta.1', '1', ''])(
  'version %s is no update of 0.1.0',
  async (version) => {
    const { updates, done, last } = updatesFrom({ check: async () => update(version) })
    await updates.look()
    expect(last()).toEqual({ kind: 'none' })
    expect(done).toEqual([])
  },
)

test('a download that is not what the feed says is refused; the next look may find another', async () => {
  let bad = true
  const { updates, last } = updatesFrom({
    check: async () => update('0.2.0'),
    download: async () => {
      if (bad) throw new JetwayError('UPDATE_UNTRUSTED', { reason: 'x' })
    },
  })
  await updates.look()
  expect(last()).toMatchObject({ kind: 'failed', problem: { code: 'UPDATE_UNTRUSTED' } })
  expect(() => updates.install()).toThrow()
  bad = false
  await updates.look()
  expect(last()).toEqual({ kind: 'ready', version: '0.2.0', problem: null })
})

test('one that cannot be put in place says so, and may be tried again', async () => {
  let password = false
  const { updates, done, last } = updatesFrom({
    check: async () => update('0.2.0'),
    install: () => {
      if (!password) throw new JetwayError('UPDATE_FAILED', { reason: 'x' })
      done.push('install')
    },
  })
  await updates.look()
  updates.install()
  expect(last()).toMatchObject({ kind: 'ready', version: '0.2.0', problem: { code: 'UPDATE_FAILED' } })
  password = true
  updates.install()
  expect(done).toEqual(['download', 'install'])
})

test('without a key there are no updates, and without the wish there is no look', async () => {
  const without = updatesFrom({ check: async () => update('0.2.0') }, { publicKey: null })
  without.updates.setWanted(true)
  await without.updates.look()
  expect(without.states).toEqual([{ kind: 'unsupported' }])
  const unwanted = updatesFrom({})
  unwanted.updates.setWanted(false)
  expect(unwanted.states).toEqual([{ kind: 'none' }])
})

test('only Ed25519 keys sign', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string
  const signature = sign('sha256', signedBytes(update('0.2.0')), rsa.privateKey).toString('base64')
  expect(isSignedBy(pem, { ...update('0.2.0'), signature })).toBe(false)
  expect(isSignedBy('no key', update('0.2.0'))).toBe(false)
})

test('versions are compared as numbers', () => {
  expect(isNewer('0.10.0', '0.9.9')).toBe(true)
  expect(isNewer('1.0.0', '0.99.99')).toBe(true)
  expect(isNewer('0.9.10', '0.10.0')).toBe(false)
})
