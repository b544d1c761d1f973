import { expect, test } from 'vitest'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { ActivityReader } from '#shared/ipc/activity-lines.ts'

const entry: ActivityEntry = {
  id: '00000000-0000-4000-8000-000000000000',
  time: '2026-11-25T10:30:00.000Z',
  service: 'airflow',
  verb: 'dag.read',
  dag: 'größe_😀',
  run: null,
  task: null,
  method: 'GET',
  path: '/api/v2/dags/x',
  status: 200,
  effect: 'allow',
  problem: null,
  agent: null,
  durationMs: 3,
}
const lineOf = (value: object) => `${JSON.stringify(value)}\n`
const bytes = (text: string) => new TextEncoder().encode(text)
const readAll = (text: string) => new ActivityReader().push(bytes(text))

test('lines come whole, wherever the bytes are cut', () => {
  const lines = [{ number: 1, entry }, { lost: 12 }, { number: 14, entry }, { live: true }]
  const all = bytes(lines.map(lineOf).join(''))
  for (let cut = 0; cut <= all.length; cut += 1) {
    const reader = new ActivityReader()
    expect([...reader.push(all.subarray(0, cut)), ...reader.push(all.subarray(cut))]).toEqual(lines)
  }
})

test('what a newer relay says besides is left out', () => {
  expect(readAll(lineOf({ number: 1, entry: { ...entry, more: 1 }, more: 1 }))).toEqual([
    { number: 1, entry },
  ])
})

test.each([
  ['no JSON', 'hello\n'],
  ['an empty line', '\n'],
  ['another kind', lineOf({ gone: 1 })],
  ['a number of nothing', lineOf({ number: 1 })],
  ['number 0', lineOf({ number: 0, entry })],
  ['a number twice', lineOf({ number: 2, entry }) + lineOf({ number: 2, entry })],
  ['a number that falls', lineOf({ number: 2, entry }) + lineOf({ number: 1, entry })],
  ['nothing lost', lineOf({ lost: 0 })],
  ['a status that is none', lineOf({ number: 1, entry: { ...entry, status: 99 } })],
  ['a duration before it began', lineOf({ number: 1, entry: { ...entry, durationMs: -1 } })],
  ['an id past its length', lineOf({ number: 1, entry: { ...entry, id: 'x'.repeat(513) } })],
  ['a path past its length', lineOf({ number: 1, entry: { ...entry, path: 'x'.repeat(4097) } })],
])('%s ends it', (_what, text) => {
  expect(() => readAll(text)).toThrow(expect.objectContaining({ code: 'PROTOCOL_ERROR' }))
})

test('texts may be as long as this', () => {
  const longest = { ...entry, id: 'x'.repeat(512), path: 'x'.repeat(4096) }
  expect(readAll(lineOf({ number: 1, entry: longest }))).toEqual([{ number: 1, entry: longest }])
})

test('a line has an end, at 65,536 characters at the latest', () => {
  const reader = new ActivityReader()
  expect(reader.push(bytes('x'.repeat(65_536)))).toEqual([])
  expect(() => reader.push(bytes('x'))).toThrow(expect.objectContaining({ code: 'PROTOCOL_ERROR' }))
  const padded = (chars: number) => {
    const line = JSON.stringify({ live: true })
    return `${line}${' '.repeat(chars - line.length)}\n`
  }
  expect(readAll(padded(65_536))).toEqual([{ live: true }])
  expect(() => readAll(padded(65_537))).toThrow(expect.objectContaining({ code: 'PROTOCOL_ERROR' }))
})

test('bytes that are no UTF-8 end it', () => {
  expect(() => new ActivityReader().push(new Uint8Array([0xff]))).toThrow(
    expect.objectContaining({ code: 'PROTOCOL_ERROR' }),
  )
})
