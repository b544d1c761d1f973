import type { AirflowRole } from '#shared/config/policy-config.ts'
import type { JetwayError } from '#shared/errors/jetway-error.ts'

/** Allow or deny, with the policies that decided. */
export type Decision =
  | {
      readonly effect: 'allow'
      /** Ids of the grants that allow it, e.g. `data-eng:viewer`. */
      readonly policies: readonly string[]
      /** The role in Airflow that the deciding grant carries: the least that allows the verb. */
      readonly airflowRole: AirflowRole
      readonly obligations: readonly string[]
    }
  | {
      readonly effect: 'deny'
      readonly policies: readonly string[]
      /** Said to the person: what is missing and who can give it. */
      readonly error: JetwayError
    }
