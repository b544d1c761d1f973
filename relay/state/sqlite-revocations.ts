import { randomUUID } from 'node:crypto'
import type { Revocation, RevocationChange, Revocations } from './revocation.ts'
import type { Statements } from './sqlite-statements.ts'

const columns = 'id, kind, who, issuer, effect, reason, made_by as by, at, until'
const holds = 'lifted_at is null and (until is null or until > ?)'
/** What has not been recorded is kept until it has been. */
const isRecorded = 'made_recorded = 1 and (lifted_at is null or lift_recorded = 1)'
/** Names of people are read in any case; the names of other things are what they are. */
const names = "(who = ? or (kind = 'person' and lower(who) = lower(?)))"

export function sqliteRevocations(run: Statements): Revocations {
  return {
    async add(revocation) {
      const made: Revocation = { id: randomUUID(), ...revocation }
      const { id, kind, who, issuer, effect, reason, by, at, until } = made
      run.change(`delete from revocations where ${isRecorded} and (until <= ? or lifted_at <= ?)`, at, at)
      if (effect === 'ended')
        run.change(
          `delete from revocations
           where ${isRecorded} and effect = 'ended' and kind = ? and who = ? and issuer is ? and at <= ?`,
          kind,
          who,
          issuer,
          at,
        )
      run.change(
        `insert into revocations (id, kind, who, issuer, effect, reason, made_by, at, until)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        kind,
        who,
        issuer,
        effect,
        reason,
        by,
        at,
        until,
      )
      return made
    },
    lift: async ({ who, kind, effect, madeBy }, { by, at }) =>
      run.change(
        `update revocations set lifted_at = ?, lifted_by = ?
         where ${holds} and ${names} and (? is null or kind = ?)
           and (? is null or effect = ?) and (? is null or made_by = ?)`,
        at,
        by,
        at,
        who,
        who,
        kind ?? null,
        kind ?? null,
        effect ?? null,
        effect ?? null,
        madeBy ?? null,
        madeBy ?? null,
      ),
    active: async (now) =>
      run.all<Revocation>(`select ${columns} from revocations where ${holds} order by at, id`, now),
    async unrecorded() {
      const made = run
        .all<Revocation>(`select ${columns} from revocations where made_recorded = 0 order by at, id`)
        .map((one): RevocationChange => ({ change: 'made', revocation: one, by: one.by, at: one.at }))
      const lifted = run
        .all<Revocation & { liftedBy: string; liftedAt: number }>(
          `select ${columns}, lifted_by as liftedBy, lifted_at as liftedAt from revocations
           where lifted_at is not null and lifted_by is not null and lift_recorded = 0 order by lifted_at, id`,
        )
        .map(
          ({ liftedBy, liftedAt, ...revocation }): RevocationChange => ({
            change: 'lifted',
            revocation,
            by: liftedBy,
            at: liftedAt,
          }),
        )
      return [...made, ...lifted]
    },
    async recorded({ change, revocation }) {
      const column = change === 'made' ? 'made_recorded' : 'lift_recorded'
      run.change(`update revocations set ${column} = 1 where id = ?`, revocation.id)
    },
  }
}
