import { type AirflowRole, airflowRoles } from '../config/policy-config.ts'
import { catalogue } from './catalogue.ts'
import type { Verb } from './operation.ts'

/**
 * The least role of Airflow that may do something of a verb: of Airflow 3 where it has the verb. Airflow 2 asks more for
 * some operations; those say so themselves (`minRole`).
 */
export const leastRoleOfVerb: ReadonlyMap<Verb, AirflowRole> = leastRoles()

/** Every verb there is, sorted. */
export const allVerbs: readonly Verb[] = Object.freeze([...leastRoleOfVerb.keys()].sort())

/** The built-in roles: what Airflow's own roles of the same name may do. */
export const builtInRoles: Readonly<Record<AirflowRole, ReadonlySet<Verb>>> = {
  viewer: verbsUpTo('viewer'),
  user: verbsUpTo('user'),
  op: verbsUpTo('op'),
  admin: verbsUpTo('admin'),
}

/** Whether `role` may do in Airflow what takes `least`. */
export function suffices(role: AirflowRole, least: AirflowRole): boolean {
  return airflowRoles.indexOf(role) >= airflowRoles.indexOf(least)
}

function leastRoles(): Map<Verb, AirflowRole> {
  const roles = new Map<Verb, AirflowRole>()
  for (const airflow of [2, 3]) {
    const own = new Map<Verb, AirflowRole>()
    for (const { airflow: major, verb, minRole } of catalogue) {
      if (major !== airflow || verb === null || minRole === null) continue
      const known = own.get(verb)
      // A verb is as much as the most that it covers.
      if (known === undefined || suffices(minRole, known)) own.set(verb, minRole)
    }
    for (const [verb, role] of own) roles.set(verb, role)
  }
  return roles
}

function verbsUpTo(role: AirflowRole): ReadonlySet<Verb> {
  return new Set([...leastRoleOfVerb].filter(([, least]) => suffices(role, least)).map(([verb]) => verb))
}
