/** How an environment's status reads to a person: one word for the icon, one line for the menu. */
import type { ErrorCode } from '../errors/table.ts'
import type { EnvironmentStatus, ServiceStatus } from './control.ts'

/**
 * `needs-you` waits for the person: something failed that does not mend itself. `signing-in` waits for the
 * person in the browser.
 */
export type Phase = 'disconnected' | 'connecting' | 'signing-in' | 'connected' | 'reconnecting' | 'needs-you'

/** Ends that the person chose or that say no more than "not connected" does. */
const quietCodes: ReadonlySet<ErrorCode> = new Set([
  'CLOSED',
  'SIGN_IN_CANCELLED',
  'SIGN_IN_REQUIRED',
  'NOT_CONNECTED',
])

type Shown = Pick<EnvironmentStatus, 'state' | 'signingIn' | 'lastError' | 'stepUp'>

export function phaseOf(environment: Shown): Phase {
  if (environment.state === 'connected') return 'connected'
  if (environment.signingIn) return 'signing-in'
  if (environment.state !== 'disconnected') return environment.state
  return problemToShow(environment) === null ? 'disconnected' : 'needs-you'
}

/** What takes another sign-in, or the last error where it tells the person something; null for a disconnect that was asked for. */
export function problemToShow(environment: Shown): EnvironmentStatus['lastError'] {
  if (environment.state === 'connected') return environment.stepUp
  if (environment.lastError === null) return null
  return quietCodes.has(environment.lastError.code) ? null : environment.lastError
}

export const phaseWords: Readonly<Record<Phase, string>> = {
  disconnected: 'Not connected',
  connecting: 'Connecting',
  'signing-in': 'Signing in',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  'needs-you': 'Needs you',
}

/** One line for a menu, a tooltip, a terminal and a screen reader: `prod · PRODUCTION · connected as ana@example.com`. */
export function statusLine(
  environment: Shown & Pick<EnvironmentStatus, 'name' | 'person' | 'production' | 'services'>,
): string {
  const { name, person, production } = environment
  const who = person === null ? '' : ` as ${person.email ?? person.name}`
  return `${name} · ${production ? 'PRODUCTION · ' : ''}${stateWords(environment, who)}${missing(environment)}`
}

/** Which ports keep services of a connected environment from being reached; empty for none. */
function missing({ state, services }: Pick<EnvironmentStatus, 'state' | 'services'>): string {
  const ports = services.filter(({ taken }) => taken !== null).map(({ localPort }) => localPort)
  if (state !== 'connected' || ports.length === 0) return ''
  return ports.length === 1 ? ` · port ${ports[0]} is taken` : ` · ports ${ports.join(', ')} are taken`
}

function stateWords(environment: Shown, who: string): string {
  switch (phaseOf(environment)) {
    case 'connected':
      return `connected${who}`
    case 'connecting':
      return 'connecting…'
    case 'reconnecting':
      return 'reconnecting…'
    case 'signing-in':
      return 'finish the sign-in in your browser'
    case 'needs-you':
      return problemToShow(environment)?.title ?? 'needs you'
    case 'disconnected':
      return 'not connected'
  }
}

/** `airflow` is written as the product writes itself. */
export function serviceLabel(service: Pick<ServiceStatus, 'name'>): string {
  return service.name === 'airflow' ? 'Airflow' : service.name
}
