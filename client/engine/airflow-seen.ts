import type { Access } from '#shared/ipc/access.ts'
import type { AirflowVersion } from '#shared/ipc/airflow-version.ts'
import type { SavedEnvironment, SeenAirflow } from '../environments.ts'

type Services = SavedEnvironment['services']

const dayMs = 86_400_000
/** A change is shown for so long. */
const shownMs = 14 * dayMs

/**
 * Services with the versions that a relay tells now. One that cannot be known now is the one that was seen last. When it was
 * seen is kept to the day.
 *
 * @returns the same object where there is nothing new
 */
export function sawAirflow(services: Services, told: Access['services'], now: Date): Services {
  const next = services.map((service) => {
    const version = told.find(({ name }) => name === service.name)?.version ?? null
    return version === null ? service : { ...service, airflow: after(service.airflow, version, now) }
  })
  return next.every(({ airflow }, i) => airflow === services[i]?.airflow) ? services : next
}

function after(last: SeenAirflow | null, version: string, now: Date): SeenAirflow {
  const at = now.toISOString()
  if (last === null) return { version, since: at, seen: at, before: null }
  if (last.version !== version)
    return { version, since: at, seen: at, before: { version: last.version, until: last.seen } }
  return now.getTime() - Date.parse(last.seen) < dayMs ? last : { ...last, seen: at }
}

/** As it is shown: with the one before for two weeks from when the change was noticed. */
export function shownAirflow(seen: SeenAirflow | null, now: Date): AirflowVersion | null {
  if (seen === null) return null
  const { version, since, before } = seen
  return { version, before: now.getTime() - Date.parse(since) < shownMs ? before : null }
}
