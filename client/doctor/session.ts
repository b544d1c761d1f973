import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { problemToShow } from '#shared/ipc/phase.ts'
import { spoken } from '../network/clock.ts'
import { failed, type Outcome, ok, warning } from './outcome.ts'

/** Whether it is connected, and if not, why. */
export function examineSession(environment: EnvironmentStatus, roundTripMs: number | null): Outcome {
  const { state, connectedSince, person } = environment
  const problem = problemToShow(environment)
  if (state === 'connected') {
    const seconds = connectedSince === null ? 0 : (Date.now() - Date.parse(connectedSince)) / 1000
    const who = person === null ? '' : ` as ${person.email ?? person.name}`
    const trip = roundTripMs === null ? null : `To the relay and back it takes ${Math.ceil(roundTripMs)} ms.`
    if (problem) return warning(`Connected${who}, and something was refused`, problem.detail, problem.action)
    return ok(`Connected${who} for ${spoken(Math.round(seconds))}`, trip)
  }
  const detail = environment.lastError?.detail ?? null
  if (state !== 'disconnected')
    return warning(
      'There is no connection yet',
      detail,
      'It is tried again until it succeeds or you disconnect.',
    )
  if (problem) return failed('The last attempt did not succeed', problem.detail, problem.action)
  return ok('Nobody has asked to be connected')
}
