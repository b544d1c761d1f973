import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { EnvironmentFile } from '#client/environments.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import { type DesktopSession, lockKeyring, startDesktopSession } from '../support/desktop-session.ts'

/** What `jetway doctor` finds of real keyrings. */
const cli = join(import.meta.dirname, '../../cli/main.ts')
let session: DesktopSession
afterEach(() => session.close())

async function start(keyring = true): Promise<void> {
  session = await startDesktopSession({ keyring })
  await mkdir(home(), { recursive: true, mode: 0o700 })
  await new EnvironmentFile(home()).write([
    {
      name: 'dev',
      relayUrl: 'http://127.0.0.1:9',
      ca: null,
      aws: null,
      services: [],
      color: 'blue',
      production: false,
    },
  ])
}

const home = () => join(session.home, 'jetway')
const env = () => ({ ...session.env, JETWAY_HOME: home() })

function node(...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: env() }, (_error, stdout) => resolve(stdout))
  })
}

async function keychain(): Promise<Finding> {
  const [line = ''] = (await node(cli, 'doctor', '--json')).split('\n')
  const { findings } = JSON.parse(line) as { findings: Finding[] }
  return findings.find(({ check }) => check === 'keychain') as Finding
}

const keytar = (call: string) =>
  node('--input-type=module', '--eval', `const { default: k } = await import('keytar'); ${call}`)

test('one that is unlocked answers, and nothing stays in it', async () => {
  await start()
  expect(await keychain()).toMatchObject({ state: 'ok', title: 'The keychain answers' })
  const left = await keytar(`console.log(JSON.stringify(await k.findCredentials('Jetway ${home()}')))`)
  expect(JSON.parse(left)).toEqual([])
})

test('one that is locked, with a sign-in in it, is said, and ends nobody', async () => {
  await start()
  await keytar(`await k.setPassword('Jetway ${home()}', 'http://127.0.0.1:9', 'kept')`)
  await lockKeyring(session)
  expect(await keychain()).toMatchObject({
    state: 'warning',
    title: 'No keychain was found',
    detail: expect.stringContaining('locked'),
    action: expect.stringContaining('Unlock a keyring'),
  })
})

test('none is said', async () => {
  await start(false)
  expect(await keychain()).toMatchObject({ state: 'warning', title: 'No keychain was found' })
})
