import type { Verb } from '#shared/airflow/operation.ts'
import type { AirflowRole, PolicyConfig } from '#shared/config/policy-config.ts'
import type { Atom } from './pattern-atoms.ts'
import { approvedGrants } from './request-rules.ts'
import { compileRoles, expandVerbs } from './roles.ts'
import { shellVerbs } from './schema.ts'

/** A DAG or all of them, a service, or what is neither. */
export type Place = Atom | { readonly service: string } | null

/** A grant or a forbid of the configuration, with its role taken in. */
export interface Rule {
  readonly group: string | null
  readonly verbs: ReadonlySet<Verb>
  readonly dags: readonly string[]
  readonly services: readonly string[]
  readonly tags: readonly string[] | null
  readonly conditions: readonly PolicyConfig['grants'][number]['when'][]
  readonly until: string | null
  /** What it says, but for whom and where: two that say the same have the same effect wherever both have a say. */
  readonly says: string
  /** Whether it has a say there, on one of its verbs. A forbid on some DAGs has one on all of them together. */
  concerns(place: Place, verb: Verb): boolean
}

/** The rules for people of some groups. */
export function rulesFor(rules: readonly Rule[], groups: readonly string[]): Rule[] {
  return rules.filter(({ group }) => group === null || groups.includes(group))
}

export function rulesOf(config: PolicyConfig): Rule[] {
  const roles = compileRoles(config)
  return [
    ...[...config.grants, ...approvedGrants(config)].map(({ group, role: name, dags, tags, when, until }) => {
      const role = roles.get(name)
      return rule({
        kind: role?.airflowRole ?? 'viewer',
        ...{ group, dags, tags, until, services: [], conditions: [when] },
        verbs: new Set([...(role?.verbs ?? []), ...shellVerbs]),
      })
    }),
    ...config.connect.map(({ group, services, when, until }) =>
      rule({
        kind: 'connect',
        ...{ group, services, until, dags: [], tags: null, conditions: [{ ...when, conf: null }] },
        verbs: new Set<Verb>(['tcp.connect']),
      }),
    ),
    ...config.forbid.map(({ group, verbs, dags, tags, when, unless, until }) =>
      rule({
        kind: 'forbid',
        ...{ group, dags, tags, until, services: [], conditions: [when, unless] },
        verbs: new Set(verbs.flatMap(expandVerbs)),
      }),
    ),
  ]
}

function rule(
  parts: Omit<Rule, 'says' | 'concerns'> & { readonly kind: AirflowRole | 'connect' | 'forbid' },
): Rule {
  const { kind, dags, services, tags, conditions, until } = parts
  const isForAll = dags.includes('*')
  const isForbid = kind === 'forbid'
  const isForAnything = isForAll && tags === null
  return {
    ...parts,
    says: JSON.stringify([kind, tags, conditions, until]),
    concerns(place, verb) {
      if (place === null) return isForAnything || (!isForbid && shellVerbs.includes(verb))
      if ('service' in place) return isForbid ? isForAnything : services.includes(place.service)
      if (place.dag === '~') return isForAll || isForbid
      return isForAll || dags.some((pattern) => place.under.has(pattern))
    },
  }
}
