import { asJetwayError, type JetwayError } from '#shared/errors/jetway-error.ts'
import type { TakenPort } from '#shared/ipc/control.ts'
import type { SavedEnvironment } from '../environments.ts'
import { type Detached, LocalPort } from '../local-port.ts'
import { takenPortOf } from '../port-taken.ts'
import type { Tunnel } from '../tunnel.ts'

type Service = SavedEnvironment['services'][number]

/** The local ports of one environment's services. */
export class LocalPorts {
  readonly #detached: () => Detached
  readonly #reserved: () => ReadonlySet<number>
  readonly #ports = new Map<string, LocalPort>()
  /** Who has the port of a service, by its name, where it was not to be had. */
  readonly #taken = new Map<string, TakenPort>()
  /** One after the other: two that bind the same port would be in each other's way. */
  #turn: Promise<unknown> = Promise.resolve()

  /**
   * @param detached what becomes of connections while there is no tunnel
   * @param reserved ports that are not to be suggested in the place of a taken one
   */
  constructor(detached: () => Detached, reserved: () => ReadonlySet<number>) {
    this.#detached = detached
    this.#reserved = reserved
  }

  /**
   * Takes the ports of these services, and gives up those of others; before `attach`.
   *
   * @throws PORT_TAKEN of the first that is not to be had; the others are bound then
   */
  bind(services: readonly Service[]): Promise<void> {
    return this.#inTurn(async () => {
      let failure: JetwayError | null = null
      for (const [name, port] of this.#ports) {
        if (services.some((service) => isFor(port, service))) continue
        this.#ports.delete(name)
        await port.close()
      }
      this.#taken.clear()
      for (const service of services) {
        if (this.#ports.has(service.name)) continue
        try {
          this.#ports.set(service.name, await this.#listen(service))
        } catch (thrown) {
          const error = asJetwayError(thrown)
          const taken = takenPortOf(error)
          if (taken) this.#taken.set(service.name, taken)
          failure ??= error
        }
      }
      if (failure) throw failure
    })
  }

  /** Gives a service this port in place of the one it had, which it keeps when that fails. @throws PORT_TAKEN */
  move(service: Service): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#ports.get(service.name)
      if (before && isFor(before, service)) return
      this.#ports.set(service.name, await this.#listen(service))
      this.#taken.delete(service.name)
      await before?.close()
    })
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

  /** Who has the port of a service; null where it is ours, or nobody has tried. */
  takenBy({ name }: Service): TakenPort | null {
    return this.#taken.get(name) ?? null
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await Promise.all([...this.#ports.values()].map((port) => port.close()))
      this.#ports.clear()
    })
  }

  #listen({ name, type, localPort }: Service): Promise<LocalPort> {
    const [detached, reserved] = [this.#detached(), this.#reserved()]
    return LocalPort.listen({ service: name, type, port: localPort, detached, reserved })
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act)
    this.#turn = done.catch(() => {})
    return done
  }
}

function isFor(port: LocalPort, { name, type, localPort }: Service): boolean {
  return port.service === name && port.type === type && port.port === localPort
}
