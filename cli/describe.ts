import { versionChange } from '#shared/ipc/airflow-version.ts'
import type { EnvironmentStatus, ServiceStatus } from '#shared/ipc/control.ts'
import { problemToShow, serviceLabel, statusLine } from '#shared/ipc/phase.ts'

/** An environment for a person to read, in a few lines. */
export function describe(environment: EnvironmentStatus): string {
  const lines = [statusLine(environment)]
  if (environment.state === 'connected') {
    for (const service of environment.services) {
      lines.push(`  ${serviceLabel(service)}: ${service.localUrl ?? 'no local port'}${versionOf(service)}`)
    }
  }
  const problem = problemToShow(environment)
  if (problem) lines.push(`  ${problem.detail}`, `  ${problem.action}`)
  return lines.join('\n')
}

function versionOf(service: ServiceStatus): string {
  if (service.airflow === null) return ''
  const change = versionChange(service)
  return ` · Airflow ${service.airflow.version}${change === null ? '' : `, ${change}`}`
}
