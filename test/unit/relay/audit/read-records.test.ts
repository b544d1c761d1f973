import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { readRecords } from '../../../../relay/audit/read-records.ts'
import type { AuditRecord } from '../../../../relay/audit/record.ts'
import { auditRecord } from '../../../support/audit-record.ts'

const folder = mkdtempSync(join(tmpdir(), 'records-'))
const file = join(folder, 'audit.jsonl')
beforeEach(() => writeFileSync(file, ''))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(path = file): Promise<AuditRecord[]> {
  const records: AuditRecord[] = []
  for await (const record of readRecords(path)) records.push(record)
  return records
}

const ids = async (path = file) => (await read(path)).map(({ id }) => id)
const line = (id: string, more: object = {}) => `${JSON.stringify({ ...auditRecord({ id }), ...more })}\n`

test('records come as they were written, with what a later version adds', async () => {
  writeFileSync(file, line('one', { seq: 0, prev: null }) + line('two', { seq: 1 }))
  expect(await read()).toEqual([
    { ...auditRecord({ id: 'one' }), seq: 0, prev: null },
    { ...auditRecord({ id: 'two' }), seq: 1 },
  ])
})

test('a line that a crash cut short, wherever, and lines that are no records are left out', async () => {
  const whole = line('last')
  for (let at = 0; at < whole.length - 2; at += 7) {
    writeFileSync(file, line('one') + whole.slice(0, at))
    expect(await ids()).toEqual(['one'])
    appendFileSync(file, `\n${line('three')}`)
    expect(await ids()).toEqual(['one', 'three'])
  }
  const none = ['', 'null', '[]', '{}', '{"version":2}', JSON.stringify({ version: 1, kind: 'request' })]
  writeFileSync(file, `${none.join('\n')}\n${line('one')}`)
  expect(await ids()).toEqual(['one'])
})

test('a last line without its line feed is read when it is whole', async () => {
  writeFileSync(file, line('one').trim())
  expect(await ids()).toEqual(['one'])
})

test('lines over 4 MiB are skipped, also at the end, and the next is read', async () => {
  const long = 'x'.repeat(4_194_305)
  writeFileSync(file, `${line('one')}${long}\n${line('two')}${long}`)
  expect(await ids()).toEqual(['one', 'two'])
  const most = JSON.stringify(auditRecord({ id: '' })).length
  writeFileSync(file, line('y'.repeat(4_194_304 - most)))
  expect(await ids()).toHaveLength(1)
  writeFileSync(file, line('y'.repeat(4_194_305 - most)))
  expect(await ids()).toHaveLength(0)
})

test('lines that lie across what is read at once', async () => {
  const names = Array.from({ length: 5000 }, (_, i) => `${i}-${'z'.repeat(i % 97)}`)
  writeFileSync(file, names.map((id) => line(id)).join(''))
  expect(await ids()).toEqual(names)
})

test('segments beside the file come first, in order; other files do not', async () => {
  writeFileSync(file, line('now'))
  writeFileSync(join(folder, 'audit.0000000000000010.jsonl'), line('later'))
  writeFileSync(join(folder, 'audit.0000000000000009.jsonl'), line('first'))
  writeFileSync(join(folder, 'audit.0000000000000009.torn'), line('torn'))
  writeFileSync(join(folder, 'other.0000000000000009.jsonl'), line('other'))
  writeFileSync(join(folder, 'audit.old.jsonl'), line('old'))
  expect(await ids()).toEqual(['first', 'later', 'now'])
})

test('a log that is not there is named', async () => {
  const error = await read(join(folder, 'none.jsonl')).catch((e) => e)
  expect(error).toMatchObject({ code: 'AUDIT_UNREADABLE', params: { reason: 'ENOENT' } })
})
