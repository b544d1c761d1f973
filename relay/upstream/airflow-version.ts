import type { Pool } from 'undici'
import type { AirflowMajor } from '#shared/airflow/operation.ts'
import { versionText } from '#shared/ipc/access.ts'

/** Which version an Airflow is. */
export interface AirflowVersion {
  /** Where it says so. */
  readonly path: string
  /** Null where it cannot be known. Never rejects. */
  get(): Promise<string | null>
}

/** Whatever became of the question. */
const keptMs = 60_000
/** Whoever asks what they may do waits for this. */
const timeoutMs = 2000
const maxBytes = 4096

/**
 * Asks an Airflow for its version when someone wants to know it, once a minute at most. It tells everyone who reaches it, so
 * it is asked without an identity.
 *
 * @param o.basePath under which Airflow serves everything; empty for none
 * @param o.now a clock that only goes forward, in milliseconds
 * @see airflow/api_fastapi/core_api/routes/public/version.py, airflow/api_connexion/endpoints/version_endpoint.py
 */
export function createAirflowVersion(o: {
  pool: Pool
  version: AirflowMajor
  basePath: string
  now?: () => number
}): AirflowVersion {
  const now = o.now ?? (() => performance.now())
  const path = `${o.basePath}${o.version === 3 ? '/api/v2/version' : '/api/v1/version'}`
  let known: Promise<string | null> = Promise.resolve(null)
  let askedAt = Number.NEGATIVE_INFINITY
  return {
    path,
    get() {
      if (now() - askedAt >= keptMs) {
        askedAt = now()
        known = ask(o.pool, path).catch(() => null)
      }
      return known
    },
  }
}

/** @throws Error where it does not say so in time */
async function ask(pool: Pool, path: string): Promise<string> {
  const { statusCode, body } = await pool.request({
    method: 'GET',
    path,
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
  })
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error('the version is too long')
    chunks.push(chunk)
  }
  if (statusCode !== 200) throw new Error(`Airflow answers ${statusCode}`)
  const { version } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly version?: unknown }
  return versionText.parse(version)
}
