import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogFile } from '../../../../main/logs/log-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jetway-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const room = { maxBytes: 10, kept: 2 }
const read = (name: string) => readFileSync(join(folder, 'logs', name), 'utf8')

test('a full log makes room, and the oldest one goes', () => {
  const log = new LogFile(join(folder, 'logs/main.log'), room)
  for (const line of ['1234', '5678', '9', 'abcdefghi', 'j', 'k']) log.write(line)
  expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['main.log', 'main.log.1', 'main.log.2'])
  expect([read('main.log'), read('main.log.1'), read('main.log.2')]).toEqual(['j\nk\n', 'abcdefghi\n', '9\n'])
})

test('exactly as much as there is room for stays in one file', () => {
  const log = new LogFile(join(folder, 'logs/main.log'), room)
  log.write('1234')
  log.write('5678')
  expect(readdirSync(join(folder, 'logs'))).toEqual(['main.log'])
})

test('the next start goes on in the same file', () => {
  new LogFile(join(folder, 'logs/main.log'), room).write('1234567')
  const log = new LogFile(join(folder, 'logs/main.log'), room)
  log.write('89')
  expect([read('main.log'), read('main.log.1')]).toEqual(['89\n', '1234567\n'])
})

test('a log is for its owner alone, and a folder that cannot be written stops nobody', () => {
  new LogFile(join(folder, 'logs/main.log'), room).write('x')
  expect(statSync(join(folder, 'logs/main.log')).mode & 0o777).toBe(0o600)
  new LogFile(join(folder, 'logs/main.log/main.log'), room).write('x')
})
