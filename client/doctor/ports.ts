import type { ServiceStatus } from '#shared/ipc/control.ts'
import { freePortNear, isPortFree } from '../free-port.ts'
import { ownerOf } from '../port-taken.ts'
import { failed, type Outcome, ok } from './outcome.ts'

/**
 * Whether the services have their ports on this machine.
 *
 * @param reserved ports that are not to be suggested
 */
export async function examinePorts(
  services: readonly ServiceStatus[],
  reserved: ReadonlySet<number>,
): Promise<Outcome> {
  const taken: string[] = []
  const offers: string[] = []
  for (const { name, localPort, localUrl } of services) {
    if (localUrl !== null || (await isPortFree(localPort))) continue
    taken.push(`${localPort}, of ${name}, is used by ${await ownerOf(localPort)}`)
    const suggestion = await freePortNear(localPort, reserved)
    if (suggestion !== null) offers.push(`${name}=${suggestion}`)
  }
  if (taken.length > 0)
    return failed(
      taken.length === 1 ? 'A local port is taken' : `${taken.length} local ports are taken`,
      `Port ${taken.join('; port ')}.`,
      `Stop that program, or choose another port, e.g. ${offers.join(', ') || 'one above 1024'}.`,
    )
  if (services.length === 0) return ok('No local port is needed', 'The relay has no services.')
  const open = services.map(({ name, localPort, localUrl }) =>
    localUrl === null ? `${name}: ${localPort} (free)` : `${name}: ${localPort}`,
  )
  return ok('The local ports are there', open.join(', '))
}
