import assert from 'node:assert/strict'
import { activityEntry } from '#shared/ipc/activity.ts'
import { type ActivityLine, ActivityReader } from '#shared/ipc/activity-lines.ts'
import { ascii, orRefused, type Target } from '../target.ts'

const entry = {
  id: '0',
  time: '2026-11-25T10:30:00.000Z',
  service: 'airflow',
  verb: 'run.trigger',
  dag: 'etl',
  run: null,
  task: null,
  method: 'POST',
  path: '/api/v2/dags/etl/dagRuns',
  status: 403,
  effect: 'deny',
  problem: { code: 'FORBIDDEN', title: 'Not allowed', detail: 'No.', action: 'Ask.' },
  agent: null,
  durationMs: 1.5,
}
const lines = (...values: readonly object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('')

/**
 * What a relay tells of what goes through: it is read the same however it is cut, what is taken fits its schema, and
 * numbers rise.
 */
export const activityLines: Target = {
  name: 'activity-lines',
  seeds: [
    lines({ live: true }, { number: 1, entry }),
    lines({ number: 1, entry }, { lost: 12 }, { number: 14, entry: { ...entry, problem: null } }),
    lines({ number: 9, entry }).repeat(2),
  ].map(ascii),
  words: [
    '\n',
    '{',
    '}',
    '"number":',
    '"lost":',
    '"live":true',
    '"entry":',
    'null',
    '-1',
    '1e99',
    '9007199254740993',
    '\\u0000',
    '\\ud800',
    '"__proto__":',
    'é',
    '\xff',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => input[at] === 0x0a).map((at) => at + 1),
  run(input) {
    const whole = readIn([input])
    const cut = input.length >> 1
    assert.deepEqual(readIn([input.subarray(0, cut), input.subarray(cut)]), whole)
    assert.deepEqual(
      readIn([...input].slice(0, 4096).map((byte) => Uint8Array.of(byte))),
      readIn([input.subarray(0, 4096)]),
    )
    let last = 0
    for (const line of whole.lines) {
      if (!('number' in line)) continue
      assert.ok(line.number > last)
      last = line.number
      assert.deepEqual(activityEntry.parse(line.entry), line.entry)
    }
  },
}

/** What is read before it is refused depends on nothing but the bytes. */
function readIn(chunks: readonly Uint8Array[]): { lines: ActivityLine[]; isRefused: boolean } {
  const reader = new ActivityReader()
  const read: ActivityLine[] = []
  for (const chunk of chunks) {
    const some = orRefused(['PROTOCOL_ERROR'], () => reader.push(chunk))
    if (some === null) return { lines: [], isRefused: true }
    read.push(...some)
  }
  return { lines: read, isRefused: false }
}
