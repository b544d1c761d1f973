/** Which version of Airflow runs behind a relay, and which one did before. */
import type { ServiceStatus } from './control.ts'
import { serviceLabel } from './phase.ts'

export interface AirflowVersion {
  /** As it was seen last. */
  readonly version: string
  /** What it was before it changed, for two weeks; `until` is the ISO 8601 time at which that was seen last. */
  readonly before: { readonly version: string; readonly until: string } | null
}

/** `Airflow 3.3.2`, or `etl · Airflow 3.3.2` for a service of another name; only the name where the version is not known. */
export function labelWithVersion(service: Pick<ServiceStatus, 'name' | 'airflow'>): string {
  const label = serviceLabel(service)
  if (service.airflow === null) return label
  const product = `Airflow ${service.airflow.version}`
  return label === 'Airflow' ? product : `${label} · ${product}`
}

/** `was 3.3.1 until 12 May`; null where it has not changed lately. */
export function versionChange({ airflow }: Pick<ServiceStatus, 'airflow'>, now = new Date()): string | null {
  if (airflow === null || airflow.before === null) return null
  const until = new Date(airflow.before.until)
  const day = until.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(until.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  })
  return `was ${airflow.before.version} until ${day}`
}
