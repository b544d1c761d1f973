import type { Verb } from '#shared/airflow/operation.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import type { AuditRecord } from '../audit/record.ts'
import { requestRulesOf } from './request-rules.ts'
import { type PlacedRule, placesOfRules } from './rule-places.ts'
import { isOnDags } from './sample.ts'
import { shellVerbs } from './schema.ts'

/** What a log says of one grant, within some time. */
export interface GrantUse {
  readonly id: string
  readonly path: PlacedRule['path']
  /** How often it was among those that allowed something. */
  readonly uses: number
  /** ISO 8601, also before that time; null for never. */
  readonly lastUsed: string | null
  readonly verbs: ReadonlySet<Verb>
  /** The DAGs, or the services, that it was used on; at most 1000. */
  readonly on: ReadonlySet<string>
  /** Whether something of no DAG, or all DAGs at once, was asked for. */
  readonly onEverything: boolean
  /** Everyone of the group who was seen, and when they used it last (ISO 8601); null for those who did not. */
  readonly people: ReadonlyMap<string, string | null>
}

export interface LogUse {
  readonly grants: readonly GrantUse[]
  /** The time of the oldest record, ISO 8601; null where there is none. */
  readonly begins: string | null
  /** What grants allowed that are no longer there under this id. */
  readonly byOtherGrants: number
}

interface Growing extends GrantUse {
  readonly group: string
  uses: number
  lastUsed: string | null
  readonly verbs: Set<Verb>
  readonly on: Set<string>
  onEverything: boolean
  readonly people: Map<string, string | null>
}

/** A grant that is used on more is not narrowed to names; and anyone can ask for names that are none. */
export const maxNames = 1000

/**
 * Adds up what each grant was used for. The shell of the web interface, which comes with any grant, is no use of one.
 * Memory grows with grants, people and verbs, not with records.
 *
 * @param since what is older counts for `lastUsed` only
 * @param until what is newer is left out
 */
export async function grantUse(
  config: PolicyConfig,
  records: AsyncIterable<AuditRecord>,
  since: Date,
  until: Date,
): Promise<LogUse> {
  const grants = unused(config)
  const byId = groupBy(grants, ({ id }) => id)
  const byGroup = groupBy(grants, ({ group }) => group)
  // What was approved for a while is no grant that could be narrowed.
  const approved = requestRulesOf(config)
  let begins: string | null = null
  let byOtherGrants = 0
  for await (const record of records) {
    const at = Date.parse(record.time)
    if (at > until.getTime()) continue
    if (begins === null || at < Date.parse(begins)) begins = record.time
    const isRecent = at >= since.getTime()
    if (isRecent) see(record, byGroup)
    const { decision, verb } = record
    if (decision?.effect !== 'allow' || decision.policies.length === 0) continue
    if (verb === null || shellVerbs.includes(verb as Verb)) continue
    const used = decision.policies.flatMap((id) => byId.get(id) ?? [])
    if (isRecent && used.length === 0 && !decision.policies.some((id) => approved.has(id))) byOtherGrants += 1
    for (const grant of used) {
      grant.lastUsed = later(grant.lastUsed, record.time)
      if (isRecent) add(grant, record, verb as Verb)
    }
  }
  return { grants, begins, byOtherGrants }
}

function unused(config: PolicyConfig): Growing[] {
  const groups = [...config.grants, ...config.connect, ...config.http].map(({ group }) => group)
  return placesOfRules(config)
    .filter(({ path: [list] }) => list !== 'forbid' && list !== 'requests')
    .map(({ id, path }, i) => ({
      id,
      path,
      group: groups[i] as string,
      uses: 0,
      lastUsed: null,
      verbs: new Set(),
      on: new Set(),
      onEverything: false,
      people: new Map(),
    }))
}

function see({ principal }: AuditRecord, byGroup: ReadonlyMap<string, readonly Growing[]>): void {
  if (!principal) return
  for (const group of new Set(principal.groups)) {
    for (const { people } of byGroup.get(group) ?? []) {
      if (!people.has(principal.name)) people.set(principal.name, null)
    }
  }
}

function add(grant: Growing, { principal, resource, service, time }: AuditRecord, verb: Verb): void {
  grant.uses += 1
  grant.verbs.add(verb)
  if (principal) grant.people.set(principal.name, later(grant.people.get(principal.name) ?? null, time))
  const dag = resource?.dag ?? null
  const name = grant.path[0] !== 'grants' ? service : isOnDags(verb) && dag !== '~' ? dag : null
  if (name === null) grant.onEverything = true
  else if (grant.on.size < maxNames) grant.on.add(name)
}

function later(a: string | null, b: string): string {
  return a === null || Date.parse(a) < Date.parse(b) ? b : a
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value])
  return groups
}
