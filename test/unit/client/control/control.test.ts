import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dialControl } from '#client/control/control-client.ts'
import { controlSocketPath } from '#client/home.ts'
import { type RunningEngine, startEngine } from '#client/start-engine.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { pick, seeded } from '../../../support/random.ts'

let home: string
let running: RunningEngine
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'engine-'))
  running = await startEngine({ home, tokenStore: { kind: 'memory' } })
})
afterEach(async () => {
  await running.stop()
  await rm(home, { recursive: true })
})

test('the socket is its owner’s alone', async () => {
  expect((await stat(controlSocketPath(home))).mode & 0o777).toBe(0o700)
  expect((await stat(dirname(controlSocketPath(home)))).mode & 0o077).toBe(0)
})

test('one engine a person; a socket that a crash left is no engine', async () => {
  await expect(startEngine({ home, tokenStore: { kind: 'memory' } })).rejects.toMatchObject({
    code: 'ENGINE_RUNNING',
  })
  const other = await mkdtemp(join(tmpdir(), 'engine-'))
  await writeFile(controlSocketPath(other), '')
  const second = await startEngine({ home: other, tokenStore: { kind: 'memory' } })
  await second.stop()
  await rm(other, { recursive: true })
})

test('a home with a long name has its socket elsewhere', () => {
  expect(Buffer.byteLength(controlSocketPath(`/${'x'.repeat(200)}`))).toBeLessThan(104)
})

test('asks and answers, errors in their own words', async () => {
  const port = await freePort()
  const client = await dialControl(controlSocketPath(home))
  expect(await client.request('status', {})).toMatchObject({
    pid: process.pid,
    tokenStore: 'memory',
    environments: [],
  })
  await expect(client.request('connect', { environment: 'nope' })).rejects.toMatchObject({
    code: 'ENVIRONMENT_UNKNOWN',
    message: 'There is no environment nope.',
  })
  await expect(
    client.request('addEnvironment', { relayUrl: `http://127.0.0.1:${port}` }),
  ).rejects.toMatchObject({
    code: 'RELAY_UNREACHABLE',
    message: `127.0.0.1:${port} does not answer (connection refused).`,
  })
  await expect(
    client.request('addEnvironment', { relayUrl: 'http://relay.example.com' }),
  ).rejects.toMatchObject({
    code: 'NOT_A_RELAY',
  })
  await expect(client.request('addEnvironment', { relayUrl: 'file:///etc/passwd' })).rejects.toMatchObject({
    code: 'USAGE',
  })
  expect(await client.request('probe', {})).toBeNull()
  const stopped = client.closed
  expect(await client.request('shutdown', {})).toBeNull()
  await stopped
  await expect(client.request('status', {})).rejects.toMatchObject({ code: 'ENGINE_NOT_RUNNING' })
})

test('no line makes it fall over', async () => {
  const random = seeded(11)
  const parts = [
    '{',
    '}',
    '"id":1',
    '"method":"status"',
    '"method":"__proto__"',
    '"params":{}',
    ',',
    '[',
    'null',
    '\u0000',
    '\n',
    '"jsonrpc":"2.0"',
    'é',
  ]
  const socket = connect(controlSocketPath(home))
  socket.resume()
  for (let i = 0; i < 3000; i += 1) {
    socket.write(`${Array.from({ length: Math.floor(random() * 9) }, () => pick(random, parts)).join('')}\n`)
  }
  const client = await dialControl(controlSocketPath(home))
  expect(await client.request('status', {})).toMatchObject({ environments: [] })
  client.close()
  socket.destroy()
})

test('a list of environments that cannot be read is said, and never written over', async () => {
  const other = await mkdtemp(join(tmpdir(), 'engine-'))
  await mkdir(other, { recursive: true })
  await writeFile(join(other, 'environments.json'), '{"version":1,"environments":[{}]}')
  await expect(startEngine({ home: other, tokenStore: { kind: 'memory' } })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
  await rm(other, { recursive: true })
})
