import type { AccessRequest, AccessRequests, Asker } from './access-request.ts'
import type { Statements } from './sqlite-statements.ts'

interface Row {
  readonly id: string
  readonly asker: string
  readonly policy: string
  readonly digest: string
  readonly role: string
  readonly dags: string
  readonly tags: string | null
  readonly reason: string
  readonly seconds: number
  readonly askedAt: number
  readonly expires: number
  readonly approved: number | null
  readonly decidedBy: string | null
  readonly decidedAt: number | null
  readonly note: string | null
  readonly endedBy: string | null
  readonly endedAt: number | null
}

const columns = `id, asker, policy, digest, role, dags, tags, reason, seconds, asked_at as askedAt, expires, approved,
  decided_by as decidedBy, decided_at as decidedAt, note, ended_by as endedBy,
  ended_at as endedAt`
const overAt = `coalesce(ended_at, case approved when 1 then decided_at + seconds when 0 then decided_at else expires end)`

export function sqliteAccessRequests(run: Statements): AccessRequests {
  return {
    add: async ({ asker, ...request }, most) =>
      run.change(
        `insert into access_requests (id, issuer, subject, asker, policy, digest, role, dags, tags, reason, seconds,
           asked_at, expires)
         select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
         where (select count(*) from access_requests
                where issuer = ? and subject = ? and approved is null and ended_at is null and expires > ?) < ?
           and (select count(*) from access_requests where issuer = ? and subject = ? and asked_at > ?) < ?`,
        request.id,
        asker.issuer,
        asker.subject,
        JSON.stringify(asker),
        request.policy,
        request.digest,
        request.role,
        JSON.stringify(request.dags),
        request.tags && JSON.stringify(request.tags),
        request.reason,
        request.seconds,
        request.askedAt,
        request.expires,
        asker.issuer,
        asker.subject,
        request.askedAt,
        most.waiting,
        asker.issuer,
        asker.subject,
        most.since,
        most.asked,
      ) === 1,
    decide: async (id, { approved, by, at, note }) =>
      run.change(
        `update access_requests set approved = ?, decided_by = ?, decided_at = ?, note = ?
         where id = ? and approved is null and ended_at is null and expires > ?`,
        approved ? 1 : 0,
        JSON.stringify(by),
        at,
        note,
        id,
        at,
      ) === 1,
    end: async (id, { by, at }) =>
      run.change(
        `update access_requests set ended_by = ?, ended_at = ? where id = ? and ended_at is null and ${overAt} > ?`,
        JSON.stringify(by),
        at,
        id,
        at,
      ) === 1,
    list: async (since) =>
      run
        .all<Row>(
          `select ${columns} from access_requests where ${overAt} > ? order by asked_at, rowid`,
          since,
        )
        .map(requestOf),
    async forget(before) {
      run.change(`delete from access_requests where ${overAt} <= ?`, before)
    },
  }
}

function requestOf({ approved, decidedBy, decidedAt, note, endedBy, endedAt, ...row }: Row): AccessRequest {
  const by = decidedBy === null ? null : (JSON.parse(decidedBy) as Asker)
  const ender = endedBy === null ? null : (JSON.parse(endedBy) as Asker)
  return {
    ...row,
    asker: JSON.parse(row.asker) as Asker,
    dags: JSON.parse(row.dags) as string[],
    tags: row.tags === null ? null : (JSON.parse(row.tags) as string[]),
    decision: by && { approved: approved === 1, by, at: decidedAt ?? 0, note },
    ended: ender && { by: ender, at: endedAt ?? 0 },
  }
}
