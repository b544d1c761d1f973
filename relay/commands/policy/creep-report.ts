import { stringify } from 'yaml'
import type { GrantUse, LogUse } from '../../policy/grant-use.ts'

export interface CreepReport {
  readonly days: number
  readonly since: Date
  readonly until: Date
  readonly log: LogUse
  readonly grants: readonly {
    readonly use: GrantUse
    /** Where it stands. */
    readonly at: string
    readonly granted: object
    /** What would be left of it; null for nothing. */
    readonly least: object | null
    /** Whether it is that already. */
    readonly isLeast: boolean
  }[]
}

/** For programs. */
export function creepValue({ days, since, until, log, grants }: CreepReport): object {
  return {
    since: since.toISOString(),
    until: until.toISOString(),
    logBegins: log.begins,
    isWholeTime: coversAll(log, since),
    byOtherGrants: log.byOtherGrants,
    days,
    grants: grants.map(({ use, at, granted, least, isLeast }) => ({
      id: use.id,
      at,
      uses: use.uses,
      lastUsed: use.lastUsed,
      verbs: [...use.verbs].sort(),
      on: [...use.on].sort(),
      onEverything: use.onEverything,
      people: Object.fromEntries(use.people),
      granted,
      least,
      isLeast,
    })),
  }
}

/** For people, with YAML to paste. */
export function creepText(report: CreepReport): string {
  const { days, since, until, log, grants } = report
  if (log.begins === null) return 'The log holds no records, so nothing can be said.\n'
  const notes = [
    ...(coversAll(log, since)
      ? []
      : [
          `The log begins at ${log.begins}: it does not show ${days} days. What is rarely done may be missing.`,
        ]),
    ...(log.byOtherGrants === 0
      ? []
      : [`${log.byOtherGrants} request(s) were allowed by grants that are not here under this id.`]),
  ]
  const isUnused = ({ use }: (typeof grants)[number]) => use.uses === 0
  const unused = grants.filter(isUnused).map(({ use, at }) => {
    const last = use.lastUsed === null ? 'never used' : `last used ${use.lastUsed}`
    return `  ${use.id}  ${at}  ${last}, ${use.people.size} of the group seen\n`
  })
  const used = grants.filter((grant) => !isUnused(grant)).map(usedText)
  return [
    `From ${since.toISOString()} to ${until.toISOString()}, ${days} days.\n`,
    ...notes.map((note) => `${note}\n`),
    unused.length === 0 ? '' : `\nUnused:\n${unused.join('')}`,
    used.length === 0 ? '' : `\nUsed:\n${used.join('')}`,
    grants.every(({ isLeast }) => isLeast)
      ? '\nEvery grant is used in full.\n'
      : `\nWhat was used, and no more:\n\n${proposal(report)}`,
  ].join('')
}

function usedText({ use, at, least, isLeast }: CreepReport['grants'][number]): string {
  const verbs = [...use.verbs].sort().join(', ')
  const on = [...[...use.on].sort(), ...(use.onEverything ? ['everything'] : [])]
  const people = [...use.people].map(
    ([name, last]) => `${name} ${last === null ? 'not' : `on ${last.slice(0, 10)}`}`,
  )
  return `  ${use.id}  ${at}  ${use.uses} time(s), last on ${use.lastUsed?.slice(0, 10)}
    for    ${verbs} on ${shortened(on)}
    by     ${shortened(people)}
${isLeast ? '' : `    enough ${flow(least)}\n`}`
}

/** The lists of grants as they would be; it replaces those of the policy. */
function proposal({ days, grants }: CreepReport): string {
  const list = (name: 'grants' | 'connect' | 'http') => {
    const own = grants.filter(({ use }) => use.path[0] === name)
    if (own.length === 0) return ''
    const lines = own.map(({ granted, least, isLeast }) => {
      if (least === null) return `    # unused for ${days} days: ${flow(granted)}\n`
      return `    - ${flow(least)}${isLeast ? '' : ` # was ${flow(granted)}`}\n`
    })
    const isEmpty = own.every(({ least }) => least === null)
    return `  ${name}:${isEmpty ? ' []' : ''}\n${lines.join('')}`
  }
  return `policy:\n${list('grants')}${list('connect')}${list('http')}`
}

function coversAll({ begins }: LogUse, since: Date): boolean {
  return begins !== null && Date.parse(begins) <= since.getTime()
}

/** A grant as one would write it, without what is as it is by default. */
function flow(grant: object | null): string {
  const { when = {}, ...rest } = (grant ?? {}) as { when?: object }
  const conditions = said(when)
  const isTimed = 'hours' in conditions || 'weekdays' in conditions
  if (!isTimed) delete conditions.timezone
  const whole = { ...said(rest), ...(Object.keys(conditions).length === 0 ? {} : { when: conditions }) }
  return stringify(whole, { collectionStyle: 'flow', lineWidth: 0 }).trim()
}

function said(value: object): Record<string, unknown> {
  const members = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(
    members.map(([name, member]) => [name, name === 'conf' ? said(member as object) : member]),
  )
}

const mostShown = 12

function shortened(names: readonly string[]): string {
  const more = names.length - mostShown
  return names.slice(0, mostShown).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
