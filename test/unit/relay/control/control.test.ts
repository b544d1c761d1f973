import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { askRelayOf } from '../../../../relay/commands/ask.ts'
import { askRelay } from '../../../../relay/control/client.ts'
import { type ControlHandler, type ControlServer, serveControl } from '../../../../relay/control/server.ts'

let folder: string
let path: string
let server: ControlServer | null
const asked: unknown[] = []

const handle: ControlHandler = (request) => {
  asked.push(request)
  if (request.command === 'status') return { pid: 7 } as never
  throw new JetwayError('WIDENING_REFUSED', { what: 'ana: all' })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'control-'))
  path = join(folder, 'relay.sock')
  server = null
  asked.length = 0
})
afterEach(async () => {
  server?.close()
  await rm(folder, { recursive: true })
})

const reload = { command: 'reload', allowWidening: false, dryRun: false, user: 'root' } as const

/** What a socket gets for bytes. */
async function answerTo(bytes: string): Promise<string> {
  const socket = connect(path)
  socket.write(bytes)
  return text(socket)
}

test('a request is answered with its result, or with the error in the relay’s words', async () => {
  server = await serveControl(path, handle)
  expect(await askRelay(path, { command: 'status' })).toEqual({ pid: 7 })
  await expect(askRelay(path, reload)).rejects.toMatchObject({
    code: 'WIDENING_REFUSED',
    message: expect.stringContaining('ana: all'),
  })
  expect(asked).toEqual([{ command: 'status' }, reload])
})

test('only the owner of the process reaches it', async () => {
  server = await serveControl(path, handle)
  expect((await stat(path)).mode & 0o077).toBe(0)
})

test.each([
  ['that is no JSON', 'hello\n'],
  ['of another command', '{"command":"stop"}\n'],
  ['with a member too many', '{"command":"status","as":"root"}\n'],
  ['that lacks a member', '{"command":"reload"}\n'],
  ['of nobody', `${JSON.stringify({ ...reload, user: '' })}\n`],
])('a line %s is refused', async (_what, line) => {
  server = await serveControl(path, handle)
  expect(JSON.parse(await answerTo(line))).toMatchObject({ error: { code: 'USAGE' } })
  expect(asked).toEqual([])
})

test('a second request on a connection is not heard', async () => {
  server = await serveControl(path, handle)
  expect((await answerTo('{"command":"status"}\n{"command":"status"}\n')).split('\n')).toHaveLength(2)
  expect(asked).toHaveLength(1)
})

test('a line without end ends the connection', async () => {
  server = await serveControl(path, handle)
  const socket = connect(path).on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write('x'.repeat(1_100_000))
  await closed
  expect(asked).toEqual([])
})

test('where another relay answers it does not start; what a crash left it takes', async () => {
  server = await serveControl(path, handle)
  await expect(serveControl(path, handle)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('control.socket'),
  })
  server.close()
  await writeFile(path, '')
  server = await serveControl(path, handle)
  expect(await askRelay(path, { command: 'status' })).toEqual({ pid: 7 })
})

test('a path at the limit of its length, and one byte more', async () => {
  const longest = join(folder, 'x'.repeat(103 - folder.length - 1))
  server = await serveControl(longest, handle)
  expect(await askRelay(longest, { command: 'status' })).toEqual({ pid: 7 })
  await expect(serveControl(`${longest}x`, handle)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('103 bytes'),
  })
})

test('where it cannot be opened', async () => {
  await expect(serveControl(join(folder, 'none', 'relay.sock'), handle)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
})

test('it is found by the configuration, whatever else is wrong with that', async () => {
  const config = join(folder, 'relay.yaml')
  server = await serveControl(join(folder, 'other.sock'), handle)
  await writeFile(config, 'version: 9\ncontrol: { socket: other.sock }\n')
  expect(await askRelayOf(config, { command: 'status' })).toEqual({ pid: 7 })
  await writeFile(config, 'version: [')
  await expect(askRelayOf(config, { command: 'status' })).rejects.toMatchObject({
    code: 'RELAY_NOT_RUNNING',
    message: expect.stringContaining(path),
  })
})

test.each([
  ['control: { socket: null }', 'control.socket: null'],
  ['control: { sock: x }', 'where the control socket is'],
])('a configuration with `%s` leads nowhere', async (yaml, words) => {
  const config = join(folder, 'relay.yaml')
  await writeFile(config, yaml)
  await expect(askRelayOf(config, { command: 'status' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(words),
  })
})
