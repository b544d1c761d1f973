import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteState } from '../../../../relay/state/sqlite.ts'
import { migrations } from '../../../../relay/state/sqlite-schema.ts'
import { stateContract } from './contract.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'state-'))
  file = join(folder, 'state.db')
})
afterEach(() => rm(folder, { recursive: true }))

stateContract('SQLite', async () => openSqliteState(file))

const leaver = {
  kind: 'person',
  who: 'ana',
  issuer: null,
  effect: 'revoked',
  reason: 'left',
  by: 'root',
  at: 100,
  until: null,
} as const

test('what was written is there after a restart, and for its owner only', async () => {
  const first = openSqliteState(file)
  const made = await first.revocations.add(leaver)
  await first.close()
  const second = openSqliteState(file)
  expect(await second.revocations.active(101)).toEqual([made])
  if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
  await second.close()
})

test('a file of an earlier version is made into one of this', async () => {
  const db = new DatabaseSync(file)
  db.exec(`${migrations[0]}; pragma user_version = 1;
    insert into revocations (id, who, reason, made_by, at) values ('a', 'ana', 'left', 'root', 100)`)
  db.close()
  const state = openSqliteState(file)
  expect(await state.revocations.active(101)).toEqual([{ id: 'a', ...leaver }])
  expect(await state.accessKeys.list()).toEqual([])
  expect(await state.accessRequests.list(0)).toEqual([])
  await state.close()
})

test('a file of a later version is left alone', async () => {
  const db = new DatabaseSync(file)
  db.exec(`pragma user_version = ${migrations.length + 1}`)
  db.close()
  expect(() => openSqliteState(file)).toThrow(/later version/)
})

test('a file of an earlier version is taken over', async () => {
  const db = new DatabaseSync(file)
  db.exec(`${migrations[0]}; pragma user_version = 1`)
  db.close()
  const state = openSqliteState(file)
  expect(await state.revocations.active(1)).toEqual([])
  expect(await state.signIns.find('none', 1)).toBeNull()
  await state.close()
})

test('a file that is no database, and a folder that is not there, are named', async () => {
  await writeFile(file, 'not a database, and longer than the header of one would be'.repeat(20))
  expect(() => openSqliteState(file)).toThrow(/state\.file .*state\.db cannot be opened/)
  expect(() => openSqliteState(join(folder, 'none/state.db'))).toThrow(/cannot be opened/)
})

test('a store that fails says so, and that a retry can help', async () => {
  const state = openSqliteState(file)
  const db = new DatabaseSync(file)
  db.exec('drop table revocations')
  db.close()
  await expect(state.revocations.active(1)).rejects.toMatchObject({
    code: 'STATE_UNAVAILABLE',
    entry: { retry: true },
  })
  await state.close()
})
