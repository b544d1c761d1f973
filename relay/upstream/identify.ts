import type { AirflowRole } from '#shared/config/policy-config.ts'
import type { Principal } from '../identity/principal.ts'
import type { Mint } from './token-mint.ts'

/** Headers that say to a service who asks: name, value, name, value … */
export type RawHeaders = readonly string[]

/** Makes people known to an Airflow. */
export type IdentifyToAirflow = (who: {
  readonly principal: Principal
  readonly role: AirflowRole
  /** Patterns of the DAGs of which Airflow may speak. */
  readonly dags: readonly string[]
}) => RawHeaders

/** gunicorn takes 8190 bytes of a header's line, and others no more. */
const maxAssertionChars = 7500

/**
 * For Airflow 3: a user token as its own auth manager would make it. So its roles, its event log and
 * `triggering_user_name` show the person.
 *
 * @param narrows whether the package in airflow/ is there, which takes `dags` from the token
 * @see airflow/api_fastapi/auth/tokens.py, airflow/src/jetway_airflow/auth_manager.py
 */
export function identifyToAirflow3(mint: Mint, narrows: boolean): IdentifyToAirflow {
  return ({ principal, role, dags }) => {
    const claims = { sub: principal.name, role, ...(narrows ? { dags } : {}) }
    return ['authorization', `Bearer ${mint(principal, claims)}`]
  }
}

/**
 * For Airflow 2 with the package in airflow/.
 *
 * @see airflow/src/jetway_airflow/security_manager.py
 */
export function identifyToAirflow2(mint: Mint): IdentifyToAirflow {
  return ({ principal, role, dags }) => {
    const { subject: sub, name, email } = principal
    return ['x-jetway-assertion', mint(principal, { sub, name, email: email ?? undefined, role, dags })]
  }
}

/**
 * For any other HTTP service. Groups that do not fit into a header are left out, and `groups_omitted` says so: a service
 * that asks for one then lets nobody in.
 */
export function identifyToHttp(mint: Mint, header: string, principal: Principal): RawHeaders {
  const { subject: sub, name, email, groups, act } = principal
  const claims = {
    sub,
    name,
    email: email ?? undefined,
    act: act && { sub: act.subject, client_id: act.client },
  }
  const whole = mint(principal, { ...claims, groups })
  if (whole.length <= maxAssertionChars) return [header, whole]
  return [header, mint(principal, { ...claims, groups_omitted: true })]
}
