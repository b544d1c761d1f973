import { versionChange } from '#shared/ipc/airflow-version.ts'
import type { EnvironmentStatus, ServiceStatus } from '#shared/ipc/control.ts'
import { problemToShow, serviceLabel, statusLine } from '#shared/ipc/phase.ts'

/** An environment for a person to read, in a few lines. */
export function describe(environment: EnvironmentStatus): string {
  const lines = [statusLine(environment)]
  if (environment.state === 'connected') {
    for (const service of environment.services)
      lines.push(`  ${serviceLabel(service)}: ${placeOf(service, environment)}${versionOf(service)}`)
    if (environment.relayVersion !== null) lines.push(`  Relay: Jetway ${environment.relayVersion}`)
  }
  const problem = problemToShow(environment)
  if (problem) lines.push(`  ${problem.detail}`, `  ${problem.action}`)
  return lines.join('\n')
}

function placeOf(service: ServiceStatus, environment: Pick<EnvironmentStatus, 'name'>): string {
  return service.localUrl ?? takenWords(service, environment) ?? 'no local port'
}

/** Who has the port of a service, and what to do about it; null where nobody else has it. */
export function takenWords(
  { name, localPort, taken }: ServiceStatus,
  environment: Pick<EnvironmentStatus, 'name'>,
): string | null {
  if (taken === null) return null
  const port = taken.suggestion ?? '<port>'
  return `port ${localPort} is used by ${taken.owner}. Stop that program, or: jetway connect --env ${environment.name} --port ${name}=${port}`
}

function versionOf(service: ServiceStatus): string {
  if (service.airflow === null) return ''
  const change = versionChange(service)
  return ` · Airflow ${service.airflow.version}${change === null ? '' : `, ${change}`}`
}
