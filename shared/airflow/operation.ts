import type { AirflowRole } from '../config/policy-config.ts'

/** Which Airflow: 2 has REST v1 and pages made on the server, 3 has REST v2 and a private API for its pages. */
export type AirflowMajor = 2 | 3

/** How a body says what it touches; see body/analyse.ts. */
export type BodyForm =
  | 'run'
  | 'backfill'
  | 'entity'
  | 'bulk'
  | 'clear-runs'
  | 'clear-tasks'
  | 'dag-ids'
  | 'form'
  | 'form-dags'
  | 'form-run'

/**
 * An operation of Airflow's HTTP interface, in terms that a policy can speak of.
 */
export interface Operation {
  readonly airflow: AirflowMajor
  /** Airflow's operationId, Flask's endpoint, or `ui.*` for the pages and assets of its web interface. */
  readonly id: string
  readonly method: string
  /** Path template as in Airflow's OpenAPI document, e.g. `/api/v2/dags/{dag_id}/dagRuns`. */
  readonly path: string
  /** What is done, `resource.action`, e.g. `run.trigger`; null for routes that are closed to everyone. */
  readonly verb: Verb | null
  /** What is done besides, to the same resource. */
  readonly also: readonly Verb[]
  /** The least of Airflow's own roles that may do it; null where nobody may. */
  readonly minRole: AirflowRole | null
  /** Whether it changes state in Airflow. */
  readonly changes: boolean
  /** Whether its body says what it touches, and how; null for one that streams through unread. */
  readonly body: BodyForm | null
  /** The query parameter whose values are the only DAGs that it speaks of; null where there is none. */
  readonly dagQuery: string | null
  /** The parameter with which it speaks of all DAGs nevertheless. */
  readonly dagQueryUnless: string | null
  /** Whether Airflow leaves out of it, or refuses, what the person's token does not cover. */
  readonly narrowed: boolean
  /** Whether its answer names the run that was made. */
  readonly runIdInResponse: boolean
}

/** What an operation is done to; every member is null where the request names none. */
export interface Resource {
  /** A DAG id, or `~` where the request speaks of all DAGs (a list, a wildcard, a bulk body). */
  readonly dag: string | null
  readonly run: string | null
  readonly task: string | null
  /** Key or name of anything else: variable, connection, pool, asset, backfill. */
  readonly name: string | null
}

/** One thing that a request does, to one resource. */
export interface ResolvedOperation {
  readonly operation: Operation
  readonly resource: Resource
}

export type Verb = `${string}.${string}`
