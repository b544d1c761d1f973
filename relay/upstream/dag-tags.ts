import type { Pool } from 'undici'
import type { AirflowMajor } from '#shared/airflow/operation.ts'
import type { Principal } from '../identity/principal.ts'
import type { IdentifyToAirflow, RawHeaders } from './identify.ts'

/** What tags the DAGs of an Airflow have, as far as it can be known. */
export interface DagTags {
  /** Null where it cannot be known: Airflow has no such DAG, or does not answer. Never rejects. */
  tagsOf(dag: string): Promise<readonly string[] | null>
}

interface Snapshot {
  readonly tags: ReadonlyMap<string, readonly string[]>
  /** Milliseconds on the clock of `now`. */
  readonly readAt: number
}

const pageSize = 100
const maxDags = 20_000
const maxPageBytes = 8_388_608
const tokenSeconds = 300
/** Requests may wait for this, so it is short. */
const timeoutMs = 10_000
/** After an attempt, whatever became of it, and for a DAG that is not known yet. */
const minPauseMs = 5000

/** The relay itself, as it appears in Airflow. */
const relayName = 'jetway-relay'

/**
 * Reads the tags of all DAGs from Airflow, with a token of the relay's own of role viewer, when they are first asked for.
 * They are read again when they are `refreshSeconds` old, in the background, one reading at a time; what is older than
 * `keepSeconds` is not used.
 *
 * @param now a clock that only goes forward, in milliseconds
 * @see airflow/api_fastapi/core_api/routes/public/dags.py, airflow/api_connexion/endpoints/dag_endpoint.py
 */
export function createDagTags(o: {
  pool: Pool
  identify: IdentifyToAirflow
  version: AirflowMajor
  /** Under which Airflow serves everything; empty for none. */
  basePath?: string
  refreshSeconds: number
  keepSeconds: number
  now?: () => number
}): DagTags {
  const now = o.now ?? (() => performance.now())
  let snapshot: Snapshot | null = null
  let reading: Promise<void> | null = null
  let triedAt = Number.NEGATIVE_INFINITY

  const ageMs = () => (snapshot === null ? Number.POSITIVE_INFINITY : now() - snapshot.readAt)
  const refresh = (): Promise<void> => {
    if (reading) return reading
    if (now() - triedAt < minPauseMs) return Promise.resolve()
    triedAt = now()
    const readAt = triedAt
    reading = readAll(o)
      .then((tags) => {
        snapshot = { tags, readAt }
      })
      // What is known stays until it is too old. That Airflow fails is seen where people ask it.
      .catch(() => {})
      .finally(() => {
        reading = null
      })
    return reading
  }
  return {
    async tagsOf(dag) {
      if (ageMs() > o.keepSeconds * 1000) await refresh()
      else if (ageMs() > o.refreshSeconds * 1000) void refresh()
      if (snapshot && !snapshot.tags.has(dag)) await refresh()
      return snapshot && ageMs() <= o.keepSeconds * 1000 ? (snapshot.tags.get(dag) ?? null) : null
    },
  }
}

async function readAll(o: {
  pool: Pool
  identify: IdentifyToAirflow
  version: AirflowMajor
  basePath?: string
}): Promise<ReadonlyMap<string, readonly string[]>> {
  const tags = new Map<string, readonly string[]>()
  const identity = o.identify({ principal: relayItself(), role: 'viewer', dags: ['*'] })
  const path = `${o.basePath ?? ''}${o.version === 3 ? '/api/v2/dags' : '/api/v1/dags'}`
  for (let offset = 0; offset < maxDags; offset += pageSize) {
    const page = await readPage(
      o.pool,
      `${path}?limit=${pageSize}&offset=${offset}&order_by=dag_id`,
      identity,
    )
    for (const { dag_id, tags: own } of page.dags) tags.set(dag_id, own?.map(({ name }) => name) ?? [])
    if (page.dags.length === 0 || offset + page.dags.length >= page.total_entries) return tags
  }
  throw new Error(`more than ${maxDags} DAGs`)
}

interface Page {
  readonly dags: readonly { readonly dag_id: string; readonly tags?: readonly { readonly name: string }[] }[]
  readonly total_entries: number
}

async function readPage(pool: Pool, path: string, identity: RawHeaders): Promise<Page> {
  const { statusCode, body } = await pool.request({
    method: 'GET',
    path,
    headers: [...identity, 'accept', 'application/json'],
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxPageBytes) throw new Error('a page of DAGs is too large')
    chunks.push(chunk)
  }
  if (statusCode !== 200) throw new Error(`Airflow answers ${statusCode}`)
  return JSON.parse(Buffer.concat(chunks).toString()) as Page
}

function relayItself(): Principal {
  return {
    kind: 'machine',
    issuer: relayName,
    subject: relayName,
    name: relayName,
    email: null,
    groups: [],
    authTime: null,
    authentication: { by: relayName, tokenId: null, sessionId: null, acr: null },
    expires: Math.floor(Date.now() / 1000) + tokenSeconds,
  }
}
