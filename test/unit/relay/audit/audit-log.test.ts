import { appendFile, mkdtemp, readFile, rename, rm, stat, symlink, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openAuditLog } from '../../../../relay/audit/audit-log.ts'
import type { AuditRecord } from '../../../../relay/audit/record.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'))
})
afterEach(() => rm(folder, { recursive: true }))

const record = (id: string) => ({ id }) as AuditRecord
const ids = async (path: string) =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).id)

test('every record is a line, in order, for its owner alone', async () => {
  const path = join(folder, 'a.jsonl')
  const log = await openAuditLog(path, () => {})
  const wanted = Array.from({ length: 5000 }, (_, i) => String(i))
  for (const id of wanted) log.append(record(id))
  await log.close()
  expect(await ids(path)).toEqual(wanted)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a line that a crash cut short is ended first', async () => {
  const path = join(folder, 'a.jsonl')
  await appendFile(path, '{"id":"whole"}\n{"id":"cut')
  const log = await openAuditLog(path, () => {})
  log.append(record('next'))
  await log.close()
  expect((await readFile(path, 'utf8')).split('\n')).toEqual([
    '{"id":"whole"}',
    '{"id":"cut',
    '{"id":"next"}',
    '',
  ])
})

test('after rotation records go to a new file', async () => {
  const path = join(folder, 'a.jsonl')
  const log = await openAuditLog(path, () => {})
  log.append(record('1'))
  await log.flush()
  await rename(path, join(folder, 'old.jsonl'))
  await log.reopen()
  log.append(record('2'))
  await log.close()
  expect([await ids(join(folder, 'old.jsonl')), await ids(path)]).toEqual([['1'], ['2']])
})

test('a full disk is said, loses nothing, and is over when there is room', async () => {
  const path = join(folder, 'a.jsonl')
  await symlink('/dev/full', path)
  const errors: Error[] = []
  const log = await openAuditLog(path, (error) => errors.push(error))
  log.append(record('1'))
  await expect(log.flush()).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
  expect(log.writable).toBe(false)
  log.append(record('2'))
  expect(errors).toHaveLength(1)
  await unlink(path)
  await log.reopen()
  await log.flush()
  expect(log.writable).toBe(true)
  await log.close()
  expect(await ids(path)).toEqual(['1', '2'])
})

test('a path that cannot be opened is a mistake of the configuration', async () => {
  await expect(openAuditLog(join(folder, 'no/such/a.jsonl'), () => {})).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
})
