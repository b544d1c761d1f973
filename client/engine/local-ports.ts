import { asJetwayError, type JetwayError } from '#shared/errors/jetway-error.ts'
import type { TakenPort } from '#shared/ipc/control.ts'
import type { SavedEnvironment } from '../environments.ts'
import { isPortFree } from '../free-port.ts'
import { type Detached, LocalPort } from '../local-port.ts'
import { takenPortOf } from '../port-taken.ts'
import type { Tunnel } from '../tunnel.ts'

type Service = SavedEnvironment['services'][number]

export interface LocalPortsOptions {
  /** What becomes of connections while there is no tunnel. */
  readonly detached: () => Detached
  /** Ports that are not to be suggested in the place of a taken one. */
  readonly reserved: () => ReadonlySet<number>
  /** Ports are ours that another program had. */
  readonly onFreed: () => void
}

/** A taken port is tried again so often: no system tells when one becomes free. */
const tryEveryMs = 2000

/** The local ports of one environment's services. */
export class LocalPorts {
  readonly #options: LocalPortsOptions
  readonly #ports = new Map<string, LocalPort>()
  /** The services whose port another program has, by name. */
  readonly #taken = new Map<string, { readonly service: Service; readonly by: TakenPort }>()
  /** One after the other: two that bind the same port would be in each other's way. */
  #turn: Promise<unknown> = Promise.resolve()
  #nextTry: NodeJS.Timeout | undefined

  constructor(options: LocalPortsOptions) {
    this.#options = options
  }

  /**
   * Takes the ports of these services, and gives up those of others; before `attach`. One that another program has is taken
   * when that lets go of it.
   *
   * @throws PORT_TAKEN of the first, where none is to be had; INTERNAL where it is not for another program
   */
  bind(services: readonly Service[]): Promise<void> {
    return this.#inTurn(async () => {
      for (const [name, port] of this.#ports) {
        if (services.some((service) => isFor(port, service))) continue
        this.#ports.delete(name)
        await port.close()
      }
      this.#taken.clear()
      const failures: JetwayError[] = []
      for (const service of services) {
        const failure = this.#ports.has(service.name) ? null : await this.#take(service)
        if (failure) failures.push(failure)
      }
      this.#tryLater()
      const isBare = this.#ports.size === 0
      const failure = failures.find(({ code }) => isBare || code !== 'PORT_TAKEN')
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
    for (const port of this.#ports.values()) port.detach(this.#options.detached())
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
    return this.#taken.get(name)?.by ?? null
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      clearTimeout(this.#nextTry)
      this.#taken.clear()
      await Promise.all([...this.#ports.values()].map((port) => port.close()))
      this.#ports.clear()
    })
  }

  /** @returns why it is not to be had; null where it is ours now */
  async #take(service: Service): Promise<JetwayError | null> {
    try {
      this.#ports.set(service.name, await this.#listen(service))
      this.#taken.delete(service.name)
      return null
    } catch (thrown) {
      const error = asJetwayError(thrown)
      const by = takenPortOf(error)
      if (by) this.#taken.set(service.name, { service, by })
      return error
    }
  }

  #tryLater(): void {
    clearTimeout(this.#nextTry)
    if (this.#taken.size === 0) return
    this.#nextTry = setTimeout(() => void this.#tryAgain(), tryEveryMs).unref()
  }

  async #tryAgain(): Promise<void> {
    const isFreed = await this.#inTurn(async () => {
      let freed = false
      for (const { service } of this.#taken.values()) {
        // Who has it takes longer to find out.
        if ((await isPortFree(service.localPort)) && (await this.#take(service)) === null) freed = true
      }
      return freed
    })
    this.#tryLater()
    if (isFreed) this.#options.onFreed()
  }

  #listen({ name, type, localPort }: Service): Promise<LocalPort> {
    const { detached, reserved } = this.#options
    return LocalPort.listen({
      service: name,
      type,
      port: localPort,
      detached: detached(),
      reserved: reserved(),
    })
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
