import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KeyFiles } from '../../../../relay/oauth/key-files.ts'
import { believedSeconds, Keyring } from '../../../../relay/oauth/keyring.ts'

const schedule = { rotateSeconds: 10_000, publishAheadSeconds: 600 }
const begin = 1_700_000_000
const crasher = join(import.meta.dirname, '../../../support/key-crash.ts')

let folder: string
let now: number
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'keys-')), 'ring')
  now = begin
})
afterEach(() => rm(join(folder, '..'), { recursive: true }))

const open = () => Keyring.open(folder, 'identity.tokens.keyFolder', () => now)
const statesOf = (ring: Keyring) => ring.keys.map(({ state, signsFrom }) => [state, signsFrom - begin])

test('the first key is there at once, in a file and a folder of the owner alone', async () => {
  const ring = open()
  expect(statesOf(ring)).toEqual([['signs', 0]])
  expect(ring.published).toMatchObject([{ kid: ring.current.kid, kty: 'OKP', alg: 'EdDSA' }])
  expect(open().current.kid).toBe(ring.current.kid)
  if (process.platform === 'win32') return
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
})

test('by schedule: the next one is published before it signs, the one before is believed until nothing of it is good', () => {
  const ring = open()
  const first = ring.current.kid
  now = begin + 9399
  expect(ring.keepSchedule(schedule)).toBeNull()
  now = begin + 9400
  const next = ring.keepSchedule(schedule)
  expect(next).toMatchObject({ state: 'next', signsFrom: begin + 10_000 })
  expect(ring.current.kid).toBe(first)
  expect(ring.published.map(({ kid }) => kid)).toEqual([first, next?.kid])
  expect(ring.keepSchedule(schedule)).toBeNull()

  now = begin + 9999
  expect(ring.current.kid).toBe(first)
  now = begin + 10_000
  expect(ring.current.kid).toBe(next?.kid)
  expect(statesOf(ring)).toEqual([
    ['previous', 0],
    ['signs', 10_000],
  ])

  now = begin + 10_000 + believedSeconds - 1
  ring.keepSchedule(schedule)
  expect(ring.has(first)).toBe(true)
  now = begin + 10_000 + believedSeconds
  ring.keepSchedule(schedule)
  expect(ring.has(first)).toBe(false)
  expect(statesOf(ring)).toEqual([['signs', 10_000]])
})

test('after a long sleep a key is published for as long as ever before it signs', () => {
  const ring = open()
  now = begin + 50_000
  expect(ring.keepSchedule(schedule)).toMatchObject({ signsFrom: now + 600 })
})

test('by command: one that waits already is the next one', () => {
  const ring = open()
  expect(ring.makeNext(now + 600)).toMatchObject({ state: 'next' })
  expect(ring.makeNext(now + 600)).toBeNull()
  expect(ring.keys).toHaveLength(2)
})

test('replaced at once: no other is believed, and the files are gone', async () => {
  const ring = open()
  const first = ring.current.kid
  ring.makeNext(now + 600)
  const made = ring.replace()
  expect(ring.current.kid).toBe(made.kid)
  expect(ring.published.map(({ kid }) => kid)).toEqual([made.kid])
  expect(ring.has(first)).toBe(false)
  expect(await readdir(folder)).toHaveLength(1)
})

test('relays that share a folder make one next key, and each knows what the other made and dropped', () => {
  const [one, other] = [open(), open()]
  now = begin + 9400
  const made = one.keepSchedule(schedule)
  // In the same moment, before it has looked again.
  expect(other.makeNext(begin + 10_000)?.kid).toBe(made?.kid)
  expect(other.published).toEqual(one.published)

  const fresh = one.replace()
  expect(other.has(fresh.kid)).toBe(false)
  expect(other.refresh()).toBe(true)
  expect(other.refresh()).toBe(false)
  expect(other.current.kid).toBe(fresh.kid)
})

test('a folder that is emptied under a relay leaves it what it knows', async () => {
  const ring = open()
  for (const name of await readdir(folder)) await rm(join(folder, name))
  expect(ring.refresh()).toBe(false)
  expect(ring.has(ring.current.kid)).toBe(true)
})

test('a clock that was set back signs with the first key', () => {
  const ring = open()
  now = begin - 1000
  expect(ring.current.kid).toBe(ring.published[0]?.kid)
  expect(statesOf(ring)).toEqual([['signs', 0]])
})

test('killed at any moment, what is left is a ring', async () => {
  for (let times = 0; times < 5; times += 1) {
    const child = spawn(process.execPath, [crasher, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    // Somewhere in the middle: each round takes its own time to be heard of.
    for (let turns = 0; turns < times * 3; turns += 1) await readdir(folder)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const ring = Keyring.open(folder)
    expect(ring.has(ring.current.kid)).toBe(true)
    const names = (await readdir(folder)).filter((name) => name.endsWith('.pem'))
    for (const name of names)
      expect(await readFile(join(folder, name), 'utf8')).toMatch(/END PRIVATE KEY-----\n$/)
    expect(names).toHaveLength(ring.keys.length)
  }
})

test('two who make a key of one time get the same', () => {
  const files = new KeyFiles(folder)
  expect(files.make(begin)).toBe(true)
  const key = files.read(begin).export({ format: 'jwk' })
  expect(files.make(begin)).toBe(false)
  expect(files.read(begin).export({ format: 'jwk' })).toEqual(key)
})

test.skipIf(process.platform === 'win32')('what others can read is not used', async () => {
  open()
  const [name] = (await readdir(folder)) as [string]
  await chmod(join(folder, name), 0o640)
  expect(open).toThrow(/identity\.tokens\.keyFolder .*can be read by others/)
  await chmod(join(folder, name), 0o600)
  await chmod(folder, 0o750)
  expect(open).toThrow(/ring can be read by others/)
})

test('what is no key is named', async () => {
  open()
  await writeFile(join(folder, '1800000000.pem'), 'hello', { mode: 0o600 })
  expect(open).toThrow(/identity\.tokens\.keyFolder .* cannot be used/)
})
