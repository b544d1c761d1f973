import type { SavedEnvironment } from '../environments.ts'
import { type Detached, LocalPort } from '../local-port.ts'
import type { Tunnel } from '../tunnel.ts'

type Service = SavedEnvironment['services'][number]

/** The local ports of one environment's services. */
export class LocalPorts {
  readonly #detached: () => Detached
  readonly #ports = new Map<string, LocalPort>()

  /** @param detached what becomes of connections while there is no tunnel */
  constructor(detached: () => Detached) {
    this.#detached = detached
  }

  /** Takes the ports of these services, and gives up those of others; before `attach`. @throws PORT_TAKEN */
  async bind(services: readonly Service[]): Promise<void> {
    for (const [name, port] of this.#ports) {
      const isSame = ({ name: other, type, localPort }: Service) =>
        other === name && type === port.type && localPort === port.port
      if (services.some(isSame)) continue
      this.#ports.delete(name)
      await port.close()
    }
    for (const service of services) {
      if (this.#ports.has(service.name)) continue
      const port = await LocalPort.listen({
        service: service.name,
        type: service.type,
        port: service.localPort,
        detached: this.#detached(),
      })
      this.#ports.set(service.name, port)
    }
  }

  attach(tunnel: Tunnel): void {
    for (const port of this.#ports.values()) port.attach(tunnel)
  }

  detach(): void {
    for (const port of this.#ports.values()) port.detach(this.#detached())
  }

  /** The services that have a port, with it. */
  bound(): { name: string; localPort: number }[] {
    return [...this.#ports].map(([name, { port }]) => ({ name, localPort: port }))
  }

  /** What the person opens; null while the port is not ours. */
  urlOf(service: Service): string | null {
    const port = this.#ports.get(service.name)
    if (!port) return null
    return service.type === 'tcp' ? `localhost:${port.port}` : `http://localhost:${port.port}`
  }

  async close(): Promise<void> {
    await Promise.all([...this.#ports.values()].map((port) => port.close()))
    this.#ports.clear()
  }
}
