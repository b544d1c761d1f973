import { type Problem, problemOf } from '#shared/errors/problem.ts'
import { version } from '#shared/version.ts'
import type { Generation } from './generation.ts'
import type { Generations } from './generations.ts'
import type { LastReload } from './reload/reloader.ts'
import type { Tunnels } from './tunnels.ts'

/** What a relay says of itself to whoever runs it. Times are ISO 8601, UTC. */
export interface RelayStatus {
  readonly version: string
  readonly pid: number
  readonly startedAt: string
  readonly generation: GenerationStatus
  /** Those before it, which let end what they began; oldest first. */
  readonly retired: readonly GenerationStatus[]
  /** Clients that are here, or are waited for. */
  readonly sessions: number
  /** Null where there was none. */
  readonly lastReload: (Omit<LastReload, 'error'> & { readonly error: Problem | null }) | null
}

interface GenerationStatus {
  readonly id: string
  readonly since: string
  /** Requests, upgraded connections, and connections to tcp services. */
  readonly inFlight: number
}

export function statusOf(
  startedAt: number,
  generations: Generations,
  tunnels: Tunnels,
  last: LastReload | null,
): RelayStatus {
  return {
    version,
    pid: process.pid,
    startedAt: new Date(startedAt).toISOString(),
    generation: generationStatus(generations.current),
    retired: generations.retired.map(generationStatus),
    sessions: tunnels.size,
    lastReload: last && { ...last, error: last.error && problemOf(last.error) },
  }
}

function generationStatus({ id, builtAt, gate }: Generation): GenerationStatus {
  return { id, since: new Date(builtAt).toISOString(), inFlight: gate.inFlight }
}
