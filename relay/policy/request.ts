import type { Operation, Resource } from '#shared/airflow/operation.ts'
import type { Principal } from '../identity/principal.ts'

/** What is asked of the policy: everything that a decision can depend on. */
export interface PolicyRequest {
  readonly principal: Principal
  readonly operation: Pick<Operation, 'verb' | 'minRole' | 'path' | 'body'>
  readonly resource: Resource
  /** Tags of the DAG in Airflow; null where they cannot be known, and where there is no one DAG. */
  readonly tags: readonly string[] | null
  readonly context: RequestContext
}

/** Whether someone may connect to a tcp service. */
export interface ConnectRequest {
  readonly principal: Principal
  readonly service: string
  readonly context: Pick<RequestContext, 'time' | 'sourceIp' | 'via'>
}

export interface RequestContext {
  /** Milliseconds since the epoch. */
  readonly time: number
  /** IP address of the peer; null where it is not known. */
  readonly sourceIp: string | null
  readonly via: 'tunnel' | 'direct'
  /** The service that was asked, by name; null where it is not known. */
  readonly service: string | null
  /** The method of HTTP. */
  readonly method: string | null
  /** Why, as the person says. */
  readonly reason: string | null
  /** Of what makes runs; null where that is not known. */
  readonly conf: ConfFacts | null
}

export interface ConfFacts {
  readonly present: boolean
  /** As canonical JSON (RFC 8785); 0 where there is none. */
  readonly bytes: number
  readonly keys: readonly string[]
}
