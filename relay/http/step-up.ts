import type { JetwayError } from '#shared/errors/jetway-error.ts'
import { asksForStepUp, stepUpOf } from '#shared/errors/problem.ts'
import type { Exchange } from './exchange.ts'

/** How a denial asks for another sign-in (RFC 9470 §3). */
export interface StepUpAnswer {
  readonly status: number
  readonly challenge: string
}

/**
 * The answer to what another sign-in would allow; null for every other error. Who comes with a token of their own is told by
 * 401 to bring another. Who comes through a tunnel has none, and Airflow's pages take 401 for the end of their own
 * sign-in: there it stays 403, and the client offers the sign-in.
 */
export function stepUpAnswer(error: JetwayError, { tunnel, request }: Exchange): StepUpAnswer | null {
  if (!asksForStepUp(error)) return null
  const { acrValues, maxAge } = stepUpOf(error)
  tunnel?.challenge(error)
  const scheme = /^DPoP /i.test(request.headers.authorization ?? '') ? 'DPoP' : 'Bearer'
  const parameters = [
    'error="insufficient_user_authentication"',
    'error_description="A different sign-in is needed"',
    ...(acrValues === undefined ? [] : [`acr_values="${acrValues}"`]),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
  ]
  return { status: tunnel ? error.entry.http : 401, challenge: `${scheme} ${parameters.join(', ')}` }
}
