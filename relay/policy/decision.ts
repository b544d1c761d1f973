import type { AirflowRole } from '#shared/config/policy-config.ts'
import type { JetwayError } from '#shared/errors/jetway-error.ts'

interface Allowed {
  readonly effect: 'allow'
  /** Ids of the grants that allow it, e.g. `data-eng:viewer`. */
  readonly policies: readonly string[]
  readonly obligations: readonly string[]
}

interface Denied {
  readonly effect: 'deny'
  readonly policies: readonly string[]
  /** Said to the person: what is missing and who can give it. */
  readonly error: JetwayError
}

/** Allow or deny a request to Airflow, with the policies that decided. */
export type Decision =
  | (Allowed & {
      /** The role in Airflow that the deciding grant carries: the least that allows the verb. */
      readonly airflowRole: AirflowRole
      /** Where Airflow narrows the answer: the DAGs that it may speak of, as patterns. */
      readonly dags?: readonly string[]
    })
  | Denied

/** Allow or deny a connection to a tcp service, or a request to an http service. */
export type ConnectDecision = Allowed | Denied
