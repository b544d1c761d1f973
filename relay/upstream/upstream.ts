import { Pool } from 'undici'
import type { AirflowMajor } from '#shared/airflow/operation.ts'
import type { DagTagsConfig } from '#shared/config/dag-tags.ts'
import type { AirflowIdentity } from './airflow-identity.ts'
import { createDagTags, type DagTags } from './dag-tags.ts'

/** A service behind the relay. */
export interface Upstream {
  readonly name: string
  readonly origin: string
  readonly identity: AirflowIdentity
  readonly pool: Pool
  readonly version: AirflowMajor
  /** Whether Airflow narrows its lists to what the token of a person covers. */
  readonly narrows: boolean
  readonly dagTags: DagTags
  /** Whether it answers at all, whatever that is. @throws Error that says why not */
  reach(): Promise<void>
}

/** Shorter than the five seconds after which uvicorn closes an idle connection, so that no request meets the close. */
const keepAliveTimeoutMs = 4000
const connectTimeoutMs = 5000

/**
 * @param timeoutMs how long the upstream may think before it answers, and be silent in the middle of an answer
 */
export function createUpstream(o: {
  name: string
  url: string
  identity: AirflowIdentity
  connections: number
  timeoutMs: number
  version: AirflowMajor
  narrows: boolean
  dagTags: DagTagsConfig
}): Upstream {
  const { origin } = new URL(o.url)
  const pool = new Pool(origin, {
    connections: o.connections,
    pipelining: 1,
    keepAliveTimeout: keepAliveTimeoutMs,
    keepAliveMaxTimeout: keepAliveTimeoutMs,
    connectTimeout: connectTimeoutMs,
    headersTimeout: o.timeoutMs,
    bodyTimeout: o.timeoutMs,
  })
  const { identity, version, narrows } = o
  const dagTags = createDagTags({ pool, identity, version, ...o.dagTags })
  return {
    name: o.name,
    origin,
    identity,
    pool,
    version,
    narrows,
    dagTags,
    async reach() {
      const timeouts = { headersTimeout: connectTimeoutMs, bodyTimeout: connectTimeoutMs }
      const { body } = await pool.request({ method: 'GET', path: '/', ...timeouts })
      await body.dump()
    },
  }
}
