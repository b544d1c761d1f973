/**
 * An operation of Airflow's HTTP interface, in terms that a policy can speak of.
 */
export interface Operation {
  /** Airflow's operationId, or `ui.*` for the pages and assets of its web interface. */
  readonly id: string
  readonly method: string
  /** Path template as in Airflow's OpenAPI document, e.g. `/api/v2/dags/{dag_id}/dagRuns`. */
  readonly path: string
  /** What is done, `resource.action`, e.g. `run.trigger`; null for routes that are closed to everyone. */
  readonly verb: Verb | null
  /** Whether it changes state in Airflow. */
  readonly changes: boolean
  /** Whether its body may name any DAG, whatever its path says. */
  readonly speaksOfAllDags: boolean
  /** Whether its body carries the conf of a run. */
  readonly readsConf: boolean
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

export interface ResolvedOperation {
  readonly operation: Operation
  readonly resource: Resource
}

export type Verb = `${string}.${string}`
