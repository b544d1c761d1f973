import type { AirflowRole } from '#shared/config/policy-config.ts'
import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { StepUp } from './step-up.ts'

interface Allowed {
  readonly effect: 'allow'
  /** Ids of the policies that allow it, e.g. `data-eng:viewer:*`. */
  readonly policies: readonly string[]
  /** What the allow still demands: all that the policies that allow it do. */
  readonly obligations: readonly string[]
}

interface Denied {
  readonly effect: 'deny'
  /** Ids of the policies that forbid it; where none does, of the grants that the person has. */
  readonly policies: readonly string[]
  /** Said to the person: what is missing and who can give it. */
  readonly error: JetwayError
  /** What kept those grants from allowing it that have the verb for this DAG. */
  readonly failed: readonly FailedCondition[]
}

/** A condition of a grant that did not hold. */
export interface FailedCondition {
  /** Id of the grant. */
  readonly policy: string
  readonly condition: ConditionKind
  /** In plain words, e.g. `only from 08:00 to 18:00 Europe/Berlin`. */
  readonly words: string
  /** The sign-in with which it would hold. */
  readonly stepUp?: StepUp
}

export type ConditionKind =
  | 'dags'
  | 'tags'
  | 'services'
  | 'paths'
  | 'until'
  | 'who'
  | 'hours'
  | 'weekdays'
  | 'networks'
  | 'authenticationAge'
  | 'acr'
  | 'conf'

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
