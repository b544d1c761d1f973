import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, inject, test } from 'vitest'
import { freePort } from '../../demo/free-port.ts'
import { signInOverHttp } from '../../demo/sign-in-over-http.ts'
import { type DesktopSession, startDesktopSession } from '../support/desktop-session.ts'

/** The command line on a desktop with a real keyring, and on one without. */
const company = inject('company')
const cli = join(import.meta.dirname, '../../cli/main.ts')
let session: DesktopSession
afterEach(() => session.close())

/** Runs a command to its end, signing in as ana where it asks; `until` an event it is interrupted. */
async function jetway(args: readonly string[], until?: string) {
  const home = join(session.home, 'jetway')
  await mkdir(home, { recursive: true, mode: 0o700 })
  const child = spawn(process.execPath, [cli, ...args, '--json'], {
    env: { ...session.env, JETWAY_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const events: { event: string; url?: string; tokenStore?: string; problem?: { code: string } }[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line)
    events.push(event)
    if (event.event === 'browse') void signInOverHttp(event.url, 'ana')
    if (event.event === until) child.kill('SIGINT')
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, events: events.map(({ event }) => event), last: events.at(-1) }
}

test('a sign-in is kept in the keychain, used by the next command, and gone after logout', async () => {
  session = await startDesktopSession()
  const relay = ['--relay', company.relayUrl, '--ca', company.ca, '--no-browser']
  const login = await jetway(['login', ...relay])
  expect(login).toMatchObject({ code: 0, events: ['browse', 'signed-in'], last: { tokenStore: 'keychain' } })
  const port = ['--port', String(await freePort())]
  expect(await jetway(['connect', ...relay, ...port], 'connected')).toMatchObject({
    code: 0,
    events: ['connected', 'disconnected'],
  })
  expect(await jetway(['logout'])).toMatchObject({ code: 0, events: ['signed-out'] })
  const again = await jetway(['connect', '--no-browser'], 'connected')
  expect(again).toMatchObject({ code: 0, events: ['browse', 'connected', 'disconnected'] })
})

test('without a keyring the sign-in is kept in memory, and that is said', async () => {
  session = await startDesktopSession({ keyring: false })
  const login = await jetway(['login', '--relay', company.relayUrl, '--ca', company.ca, '--no-browser'])
  expect(login).toMatchObject({ code: 0, last: { event: 'signed-in', tokenStore: 'memory' } })
})
