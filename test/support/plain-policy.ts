import { makesRuns } from '#shared/airflow/body/analyse.ts'
import { catalogue } from '#shared/airflow/catalogue.ts'
import type { ResolvedOperation, Verb } from '#shared/airflow/operation.ts'
import { allVerbs, builtInRoles } from '#shared/airflow/roles.ts'
import { principalKinds, weekdays } from '#shared/config/policy-conditions.ts'
import { airflowRoles, type PolicyConfig } from '#shared/config/policy-config.ts'
import type { Principal } from '../../relay/identity/principal.ts'
import type { ConfFacts, RequestContext } from '../../relay/policy/request.ts'
import { type Circumstances, someTime } from './policy.ts'
import { pick } from './random.ts'

/** What is unknown (tags, sign-in, a DAG that may be any) is null. */
type Known = boolean | null

const dagIds = ['etl', 'etl_orders', 'finance_close', 'fin', 'größe.1', 'a-b', '~']
const globs = ['*', 'etl*', 'finance_*', '*_orders', 'etl', 'gr*e.*', 'a-b', '*n*c*']
const tagNames = ['pii', 'gold "1"', 'a*b']
const confKeys = ['day', 'full', 'x\u{1f600}', '"q"']
const zone = 'Europe/Berlin'
const networks = ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '0.0.0.0/0']
const addresses = ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '192.0.2.8', '2001:db8::1', null]
const day = 86_400_000

/** A configuration of a policy, which speaks of some of these groups. */
export function randomPolicy(random: () => number, groups: readonly string[]): unknown {
  const some = <T>(values: readonly T[], most = 2) =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(random, values))
  const maybe = <T>(value: () => T, chance = 0.3) => (random() < chance ? value() : undefined)
  const dags = () => (random() < 0.4 ? ['*'] : some(globs))
  const when = () => ({
    who: maybe(() => some(principalKinds), 0.2),
    hours: maybe(() => pick(random, ['08:00-11:30', '11:30-24:00', '22:00-12:00', '11:00-12:00']), 0.2),
    weekdays: maybe(() => some(weekdays, 5), 0.2),
    timezone: zone,
    networks: maybe(() => some(networks), 0.2),
    maxAuthenticationAgeMinutes: maybe(() => pick(random, [1, 60, 720]), 0.2),
    acr: maybe(() => some(['pwd', 'mfa', 'phr'], 2), 0.2),
    conf: maybe(
      () => ({
        maxBytes: pick(random, [0, 10, 100, 1000]),
        keys: maybe(() => (random() < 0.2 ? [] : some(confKeys, 3))),
        requiredKeys: maybe(() => some(confKeys)),
        forbiddenKeys: maybe(() => some(confKeys)),
      }),
      0.2,
    ),
  })
  const until = () =>
    pick(random, ['2026-11-24', '2026-11-25', '2026-11-25T10:30:00Z', '2026-11-25T10:30:00.001Z'])
  return {
    contact: 'Ask us.',
    grants: Array.from({ length: 1 + Math.floor(random() * 4) }, () => ({
      group: pick(random, groups),
      role: pick(random, airflowRoles),
      dags: dags(),
      tags: maybe(() => some(tagNames)),
      when: maybe(when, 0.6),
      until: maybe(until, 0.2),
    })),
    forbid: Array.from({ length: Math.floor(random() * 3) }, () => ({
      group: maybe(() => pick(random, groups), 0.5),
      verbs: some(['run.*', 'dag.read', 'variable.*', 'ui.view', 'run.trigger', 'log.read']),
      dags: dags(),
      tags: maybe(() => some(tagNames)),
      when: maybe(when, 0.4),
      unless: maybe(when, 0.4),
      until: maybe(until, 0.2),
      reason: 'Not here.',
    })),
  }
}

/** Something that is asked for, and the circumstances. */
export function randomOperation(random: () => number): { what: ResolvedOperation; more: Circumstances } {
  const verb = pick(random, random() < 0.5 ? (['run.trigger', 'dag.read', 'log.read'] as const) : allVerbs)
  const operation = catalogue.find((row) => row.verb === verb) as (typeof catalogue)[number]
  const dag = random() < 0.2 ? null : pick(random, dagIds)
  const run = dag !== null && dag !== '~' && random() < 0.3 ? 'manual__1' : null
  const task = run !== null && random() < 0.5 ? 'load' : null
  const keys = confKeys.filter(() => random() < 0.4)
  const conf: ConfFacts | null = makesRuns(operation.body)
    ? { present: keys.length > 0, bytes: pick(random, [0, 10, 11, 100, 101]), keys }
    : null
  return {
    what: { operation, resource: { dag, run, task, name: dag === null ? 'x' : null } },
    more: {
      conf,
      tags: dag === null || dag === '~' || random() < 0.3 ? null : tagNames.filter(() => random() < 0.4),
      sourceIp: pick(random, addresses),
      time: someTime + pick(random, [0, 0, -day, 3 * day, 3_600_000, -3_600_000]),
    },
  }
}

/**
 * Whether it is allowed, by a plain interpreter of the configuration that shares nothing with the compiled Cedar: some grant
 * is certain to apply, and no rule of `forbid` might.
 */
export function plainly(
  config: PolicyConfig,
  principal: Principal,
  { operation, resource }: ResolvedOperation,
  more: Circumstances,
): boolean {
  const verb = operation.verb as Verb
  const { dag } = resource
  const { tags = null, time = someTime } = more
  const inScope = (globsOf: readonly string[], wanted: readonly string[] | null): Known[] => [
    globsOf.includes('*') ||
      (dag === null ? false : dag === '~' ? null : globsOf.some((glob) => fits(glob, dag))),
    wanted === null ||
      (dag === null ? false : dag === '~' || tags === null ? null : wanted.some((tag) => tags.includes(tag))),
  ]
  const holds = (when: PolicyConfig['grants'][number]['when'], withoutConf: boolean) =>
    conditions(
      when,
      principal,
      more,
      makesRuns(operation.body) ? (more.conf ?? null) : undefined,
      withoutConf,
    )
  const ends = (until: string | null): Known =>
    until === null ||
    time < (until.length === 10 ? Date.parse(`${until}T23:59:59.999Z`) + 1 : Date.parse(until))
  const forbids = config.forbid.some((rule) => {
    if (rule.group !== null && !principal.groups.includes(rule.group)) return false
    if (
      !rule.verbs.some((name) => (name.endsWith('.*') ? verb.startsWith(name.slice(0, -1)) : verb === name))
    )
      return false
    const unless = holds(rule.unless, true)
    const applies = all([...inScope(rule.dags, rule.tags), ends(rule.until), ...holds(rule.when, false)])
    const spared = unless.length === 0 ? false : all(unless)
    return applies !== false && spared !== true
  })
  const permits = config.grants.some((grant) => {
    if (!principal.groups.includes(grant.group) || ends(grant.until) !== true) return false
    if (['ui.view', 'health.read', 'version.read'].includes(verb)) return true
    if (!builtInRoles[grant.role as keyof typeof builtInRoles].has(verb)) return false
    if (grant.when.who === null && principal.act && (operation.changes || changesSomewhere(verb)))
      return false
    return all([...inScope(grant.dags, grant.tags), ...holds(grant.when, true)]) === true
  })
  return permits && !forbids
}

/** A verb as such: `run.trigger` is asked for by dry runs, too. */
function changesSomewhere(verb: Verb): boolean {
  return catalogue.some((row) => row.verb === verb && row.changes)
}

function conditions(
  when: PolicyConfig['grants'][number]['when'],
  principal: Principal,
  { time = someTime, sourceIp = null }: Partial<RequestContext>,
  conf: ConfFacts | null | undefined,
  withoutConf: boolean,
): Known[] {
  const known: Known[] = []
  const kind = principal.act ? 'agent' : principal.kind
  if (when.who) known.push(when.who.includes(kind))
  const age = principal.authTime === null ? null : Math.floor(time / 1000 - principal.authTime)
  if (when.maxAuthenticationAgeMinutes !== null)
    known.push(age === null ? null : Math.max(0, age) <= when.maxAuthenticationAgeMinutes * 60)
  const { acr } = principal.authentication
  if (when.acr) known.push(acr === null ? null : when.acr.includes(acr))
  // Berlin is an hour ahead of UTC in November.
  const local = new Date(time + 3_600_000)
  if (when.hours) {
    const clock = local.toISOString().slice(11, 16)
    const [from = '', to = ''] = when.hours.split('-')
    known.push(from < to ? from <= clock && clock < to : from <= clock || clock < to)
  }
  if (when.weekdays) known.push(when.weekdays.includes(weekdays[(local.getUTCDay() + 6) % 7] as 'mon'))
  if (when.networks)
    known.push(sourceIp === null ? null : when.networks.some((range) => isWithin(sourceIp, range)))
  if (when.conf) {
    if (!conf) known.push(withoutConf)
    else {
      const { maxBytes, keys, requiredKeys, forbiddenKeys } = when.conf
      known.push(
        (maxBytes === null || conf.bytes <= maxBytes) &&
          (keys === null || conf.keys.every((key) => keys.includes(key))) &&
          (requiredKeys ?? []).every((key) => conf.keys.includes(key)) &&
          !(forbiddenKeys ?? []).some((key) => conf.keys.includes(key)),
      )
    }
  }
  return known
}

function all(known: readonly Known[]): Known {
  return known.includes(false) ? false : known.includes(null) ? null : true
}

/** The obvious matcher, exponential as it is. */
function fits(glob: string, text: string): boolean {
  if (glob === '') return text === ''
  const [first, rest] = [glob.charAt(0), glob.slice(1)]
  if (first === '*') return fits(rest, text) || (text !== '' && fits(glob, text.slice(1)))
  return text.charAt(0) === first && fits(rest, text.slice(1))
}

const within: Readonly<Record<string, readonly string[]>> = {
  '10.0.0.0/8': ['10.1.2.3', '::ffff:10.1.2.3'],
  '192.0.2.7': ['192.0.2.7'],
  '2001:db8::/32': ['2001:db8::1'],
  '0.0.0.0/0': ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '192.0.2.8'],
}

function isWithin(address: string, range: string): boolean {
  return (within[range] ?? []).includes(address)
}
