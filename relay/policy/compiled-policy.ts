import type { Verb } from '#shared/airflow/operation.ts'
import type { AirflowRole } from '#shared/config/policy-config.ts'
import type { Condition } from './conditions.ts'
import type { StepUp } from './step-up.ts'
import type { Told } from './told.ts'
import type { Uses } from './uses.ts'

/** One policy of Cedar, out of the configuration or of a file of one's own, with what is known of it besides. */
export interface CompiledPolicy {
  /** As audit and decisions name it. */
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  /** The policy in Cedar. */
  readonly cedar: string
  /**
   * What is left of it where verb and group are known to fit: Cedar reads long lists of actions and groups slowly.
   * Null where it says nothing in that mode.
   */
  ofVerb(verb: Verb, mode: Mode): string | null
  /** The only group that it is for; null for anyone. */
  readonly group: string | null
  /** Every group that it speaks of. */
  readonly groups: readonly string[]
  readonly verbs: ReadonlySet<Verb>
  readonly uses: Uses
  /** Of a permit: the role in Airflow with which requests are made; null for the least that the verb takes. */
  readonly airflowRole: AirflowRole | null
  readonly obligations: readonly string[]
  /** Of a forbid: why, in plain words. */
  readonly reason: string | null
  /** Of a forbid: the sign-in that lifts it; null where none does. */
  readonly stepUp: StepUp | null
  /** What it is in the configuration; null for a policy of a file. */
  readonly grant: Grant | null
  /** What someone whom it is for is told of it; null for a policy of a file. */
  readonly told: Told | null
}

/**
 * How a policy is asked.
 * - `decide`: whether it is allowed
 * - `could`: whether it may turn out to be, before a body is read: what is not known is taken for the better
 * - `list`: whether it is for some DAGs, which is enough where Airflow leaves out what the person may not see
 */
export type Mode = 'decide' | 'could' | 'list'

/** A grant of the configuration, in words and parts that a denial can be explained with. */
export interface Grant {
  /** `the role user`, or `a grant to connect` */
  readonly name: string
  /** `user on finance_*` */
  readonly words: string
  readonly airflowRole: AirflowRole
  /** The group whose people may ask for it; null for what is there without asking. */
  readonly askedBy: string | null
  /** The services other than Airflow that it is for. */
  readonly services: readonly string[]
  /** As patterns. */
  readonly dags: readonly string[]
  /** Every one has to hold for the verb. */
  conditions(verb: Verb): readonly Condition[]
  /** Whether its patterns fit a DAG: for words only, Cedar decides. */
  covers(dag: string | null): boolean
}
