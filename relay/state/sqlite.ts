import { createHash, randomUUID } from 'node:crypto'
import { chmodSync, closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { sqliteAccessKeys } from './sqlite-access-keys.ts'
import { sqliteAccessRequests } from './sqlite-access-requests.ts'
import { sqliteRevocations } from './sqlite-revocations.ts'
import { migrations } from './sqlite-schema.ts'
import { sqliteSessions } from './sqlite-sessions.ts'
import { sqliteSignIns } from './sqlite-sign-ins.ts'
import { guarded } from './sqlite-statements.ts'
import type { Approval, State } from './state.ts'

/** How long a call waits for another process that writes. */
const busyMs = 5000
/** `PRAGMA data_version` tells what other processes did; a look takes microseconds. */
const watchMs = 500
/** Ids that have expired are forgotten once in so many. */
const sweepEvery = 256

/**
 * The state of a relay on one machine: a file of SQLite's, which several processes may have open.
 *
 * @param path `:memory:` for none
 * @throws CONFIG_INVALID when it cannot be opened, or was made by a later version
 */
export function openSqliteState(path: string): State {
  const db = openDatabase(path)
  const run = guarded(db)
  let uses = 0
  return {
    revocations: sqliteRevocations(run),
    usedIds: {
      async use(kind, id, expires, now) {
        uses += 1
        if (uses % sweepEvery === 0) run.change('delete from used_ids where expires <= ?', now)
        const hash = createHash('sha256').update(id).digest()
        return (
          run.change(
            `insert into used_ids (kind, hash, expires) values (?, ?, ?)
             on conflict do update set expires = excluded.expires where used_ids.expires <= ?`,
            kind,
            hash,
            expires,
            now,
          ) === 1
        )
      },
      async isUsed(kind, id, now) {
        const hash = createHash('sha256').update(id).digest()
        const sql = 'select 1 from used_ids where kind = ? and hash = ? and expires > ?'
        return run.all(sql, kind, hash, now).length > 0
      },
    },
    budgets: {
      async spend(key, amount, { limit, windowSeconds }, now) {
        const start = now - (now % windowSeconds)
        const resetsAt = start + windowSeconds
        const spent =
          amount <= limit &&
          run.change(
            `insert into budgets (key, window_start, spent, resets_at) values (?, ?, ?, ?)
             on conflict do update set
               spent = excluded.spent + iif(budgets.window_start = excluded.window_start, budgets.spent, 0),
               window_start = excluded.window_start, resets_at = excluded.resets_at
             where budgets.window_start <> excluded.window_start or budgets.spent + excluded.spent <= ?`,
            key,
            start,
            amount,
            resetsAt,
            limit,
          ) === 1
        const [row] = run.all<{ spent: number }>(
          'select spent from budgets where key = ? and window_start = ?',
          key,
          start,
        )
        return { spent, left: limit - (row?.spent ?? 0), resetsAt }
      },
    },
    approvals: {
      async request({ digest, requester, what, expires }, now) {
        const id = randomUUID()
        run.change(
          "insert into approvals values (?, ?, ?, ?, ?, ?, 'pending', null)",
          id,
          digest,
          requester,
          what,
          now,
          expires,
        )
        return { id, digest, requester, what, requestedAt: now, expires, status: 'pending', decidedBy: null }
      },
      decide: async (id, by, approve, now) =>
        run.change(
          `update approvals set status = ?, decided_by = ?
           where id = ? and status = 'pending' and expires > ? and requester <> ?`,
          approve ? 'approved' : 'denied',
          by,
          id,
          now,
          by,
        ) === 1,
      use: async (id, digest, now) =>
        run.change(
          "update approvals set status = 'used' where id = ? and digest = ? and status = 'approved' and expires > ?",
          id,
          digest,
          now,
        ) === 1,
      find: async (id) => run.all<Approval>(`${selectApproval} where id = ?`, id)[0] ?? null,
      pending: async (now) =>
        run.all<Approval>(
          `${selectApproval} where status = 'pending' and expires > ? order by requested_at, id`,
          now,
        ),
    },
    sessions: sqliteSessions(run),
    signIns: sqliteSignIns(run),
    accessKeys: sqliteAccessKeys(run),
    accessRequests: sqliteAccessRequests(run),
    watch(onChange) {
      let seen = run.dataVersion()
      const timer = setInterval(() => {
        const version = run.dataVersion()
        if (version === seen) return
        seen = version
        onChange()
      }, watchMs)
      timer.unref()
      return () => clearInterval(timer)
    },
    async close() {
      if (db.isOpen) db.close()
    },
  }
}

const selectApproval = `select id, digest, requester, what, requested_at as requestedAt, expires, status,
  decided_by as decidedBy from approvals`

function openDatabase(path: string): DatabaseSync {
  let db: DatabaseSync | null = null
  try {
    // Made by us first, so that there is no moment in which others may read it.
    if (path !== ':memory:') {
      closeSync(openSync(path, 'a', 0o600))
      chmodSync(path, 0o600)
    }
    db = new DatabaseSync(path, { timeout: busyMs })
    // FULL: what was said to be remembered is on the disk.
    db.exec('pragma journal_mode = wal; pragma synchronous = full')
    migrate(db)
    return db
  } catch (cause) {
    db?.close()
    const reason = `state.file ${path} cannot be opened (${(cause as Error).message})`
    throw new JetwayError('CONFIG_INVALID', { reason }, { cause })
  }
}

/** Two processes may be the first at once: one makes the tables, the other one waits. */
function migrate(db: DatabaseSync): void {
  db.exec('begin immediate')
  try {
    const { user_version: version } = db.prepare('pragma user_version').get() as { user_version: number }
    if (version > migrations.length) throw new Error('it was made by a later version of Jetway')
    for (const migration of migrations.slice(version)) db.exec(migration)
    db.exec(`pragma user_version = ${migrations.length}`)
    db.exec('commit')
  } catch (error) {
    db.exec('rollback')
    throw error
  }
}
