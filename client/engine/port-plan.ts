import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import type { SavedEnvironment } from '../environments.ts'

type Services = SavedEnvironment['services']

const firstOfEveryone = 1024
const maxPort = 65_535

/**
 * The services of a relay with their local ports: the wanted one, the one before, or the one that the relay proposes. Where
 * another environment has it, it is the next one.
 *
 * @param o.taken ports of all environments
 */
export function withPorts(
  services: DiscoveryDocument['services'],
  o: { before: Services; wanted?: Readonly<Record<string, number>>; taken: ReadonlySet<number> },
): Services {
  const mine = new Set(o.before.map(({ localPort }) => localPort))
  const taken = new Set(o.taken)
  return services.map(({ name, type, localPort }) => {
    const before = o.before.find((service) => service.name === name)
    let port = o.wanted?.[name] ?? before?.localPort ?? localPort
    while (taken.has(port) && !mine.has(port)) port = port < maxPort ? port + 1 : firstOfEveryone
    taken.add(port)
    mine.delete(port)
    return { name, type, localPort: port, airflow: before?.airflow ?? null }
  })
}

/** The local ports of environments, bound or not. */
export function portsOf(environments: readonly SavedEnvironment[]): Set<number> {
  return new Set(environments.flatMap(({ services }) => services.map(({ localPort }) => localPort)))
}

/** Which service of which environment a local port belongs to, in words; null for none. */
export function serviceAt(environments: readonly SavedEnvironment[], port: number): string | null {
  for (const { name, services } of environments) {
    const service = services.find(({ localPort }) => localPort === port)
    if (service) return `${service.name} of ${name}`
  }
  return null
}
