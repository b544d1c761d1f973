import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { JetwayError } from '#shared/errors/jetway-error.ts'

export type Statements = ReturnType<typeof guarded>

/** Statements prepared once, and SQLite's errors as ours. */
export function guarded(db: DatabaseSync) {
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  const statement = (sql: string) => {
    const known = prepared.get(sql) ?? db.prepare(sql)
    prepared.set(sql, known)
    return known
  }
  const guard = <T>(action: () => T): T => {
    try {
      return action()
    } catch (cause) {
      throw new JetwayError('STATE_UNAVAILABLE', {}, { cause })
    }
  }
  return {
    /** @returns how many rows were changed */
    change: (sql: string, ...values: SQLInputValue[]) =>
      guard(() => Number(statement(sql).run(...values).changes)),
    /** For what may be lost with the machine: nobody waits for the disk. */
    changeUnsynced: (sql: string, ...values: SQLInputValue[]) =>
      guard(() => {
        db.exec('pragma synchronous = normal')
        try {
          statement(sql).run(...values)
        } finally {
          db.exec('pragma synchronous = full')
        }
      }),
    all: <Row>(sql: string, ...values: SQLInputValue[]) =>
      guard(() =>
        statement(sql)
          .all(...values)
          .map((row) => ({ ...row }) as Row),
      ),
    dataVersion: () =>
      guard(() => (statement('pragma data_version').get() as { data_version: number }).data_version),
  }
}
