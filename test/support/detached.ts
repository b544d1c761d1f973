import type { Detached } from '#client/local-port.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'

/** Of a local port that has no tunnel yet, and waits for none. */
export const detached: Detached = {
  waiting: false,
  problem: problemOf(new JetwayError('NOT_CONNECTED', { environment: 'test' })),
}
