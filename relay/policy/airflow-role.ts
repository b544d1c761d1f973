import { type AirflowRole, airflowRoles, type PolicyConfig } from '#shared/config/policy-config.ts'
import type { Principal } from '../identity/principal.ts'
import { endOf } from './conditions.ts'
import { approvedGrants } from './request-rules.ts'
import { compileRoles } from './roles.ts'

/**
 * The greatest role in Airflow that someone's grants carry; null where they have none. For an Airflow whose roles belong
 * to people and not to requests.
 *
 * @param time in ms since the epoch; what has ended by then does not count
 */
export type GreatestRole = (principal: Principal, time: number) => AirflowRole | null

/** @param config one without mistakes */
export function greatestRoleBy(config: PolicyConfig): GreatestRole {
  const roles = compileRoles(config)
  const grants = [...config.grants, ...approvedGrants(config)]
  return ({ groups }, time) => {
    const own = grants.filter(
      ({ group, until }) => groups.includes(group) && (until === null || time < endOf(until)),
    )
    const carried = new Set(own.map(({ role }) => roles.get(role)?.airflowRole))
    return airflowRoles.findLast((role) => carried.has(role)) ?? null
  }
}
