import { createServer, type Server, type Socket } from 'node:net'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Problem } from '#shared/errors/problem.ts'
import type { SavedEnvironment } from './environments.ts'
import { isTaken } from './free-port.ts'
import { NotConnectedServer } from './not-connected.ts'
import { ownerOf, portTaken } from './port-taken.ts'
import type { Tunnel } from './tunnel.ts'

type ServiceType = SavedEnvironment['services'][number]['type']

/** Connections that wait for a connection to come back. */
const maxWaiting = 256
/** How long they wait before they are told. */
const waitMs = 15_000

/** What becomes of connections while there is no tunnel. */
export interface Detached {
  /** It is being connected: connections wait, as nothing of them was sent yet. */
  readonly waiting: boolean
  readonly problem: Problem
}

/**
 * The fixed local port of one service: 127.0.0.1 and ::1 only, bound for this process alone, open as long as
 * the engine runs, whether there is a tunnel or not.
 */
export class LocalPort {
  readonly service: string
  readonly type: ServiceType
  readonly port: number
  readonly #servers: readonly Server[]
  readonly #sockets = new Set<Socket>()
  readonly #waiting = new Map<Socket, NodeJS.Timeout>()
  readonly #notConnected = new NotConnectedServer()
  #tunnel: Tunnel | null = null
  #detached: Detached

  private constructor(o: {
    service: string
    type: ServiceType
    port: number
    servers: readonly Server[]
    detached: Detached
  }) {
    const { servers } = o
    this.service = o.service
    this.type = o.type
    this.port = o.port
    this.#servers = servers
    this.#detached = o.detached
    for (const server of servers) server.on('connection', (socket: Socket) => this.#accept(socket))
  }

  /**
   * Binds the port; 0 takes any free one.
   *
   * @param o.reserved ports that are not to be suggested
   * @throws PORT_TAKEN naming the owner, where it can be known, and a free port
   */
  static async listen(o: {
    service: string
    type: ServiceType
    port: number
    detached: Detached
    reserved?: ReadonlySet<number>
  }): Promise<LocalPort> {
    const { reserved = new Set() } = o
    const v4 = await listenOn('127.0.0.1', o.port, reserved)
    const { port } = v4.address() as { port: number }
    const servers = [v4]
    try {
      servers.push(await listenOn('::1', port, reserved))
    } catch (error) {
      // A machine without IPv6 has no ::1 that anyone could take from us.
      if (error instanceof JetwayError) {
        v4.close()
        throw error
      }
    }
    return new LocalPort({ ...o, port, servers })
  }

  /** New connections, and those that waited, go into the tunnel. */
  attach(tunnel: Tunnel): void {
    this.#tunnel = tunnel
    for (const [socket, timer] of this.#waiting) {
      clearTimeout(timer)
      tunnel.open(this.service, socket)
    }
    this.#waiting.clear()
  }

  /** New connections wait, or are told why there is no tunnel. */
  detach(detached: Detached): void {
    this.#tunnel = null
    this.#detached = detached
    if (detached.waiting) return
    for (const [socket, timer] of this.#waiting) {
      clearTimeout(timer)
      this.#refuse(socket)
    }
    this.#waiting.clear()
  }

  async close(): Promise<void> {
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    )
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(closed)
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#tunnel) {
      this.#tunnel.open(this.service, socket)
    } else if (this.#detached.waiting && this.#waiting.size < maxWaiting) {
      this.#wait(socket)
    } else {
      this.#refuse(socket)
    }
  }

  /** Says why there is no tunnel where HTTP is spoken. Of another protocol only the end can be said. */
  #refuse(socket: Socket): void {
    if (this.type === 'tcp') socket.resetAndDestroy()
    else this.#notConnected.answer(socket, this.#detached.problem)
  }

  #wait(socket: Socket): void {
    const leave = () => {
      clearTimeout(timer)
      this.#waiting.delete(socket)
    }
    const timer = setTimeout(() => {
      leave()
      this.#refuse(socket)
    }, waitMs)
    socket.on('error', leave)
    socket.once('close', leave)
    this.#waiting.set(socket, timer)
  }
}

function listenOn(host: string, port: number, reserved: ReadonlySet<number>): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  return new Promise((resolve, reject) => {
    server.once('error', async (cause: NodeJS.ErrnoException) => {
      reject(isTaken(cause.code) ? await portTaken(port, await ownerOf(port, cause), reserved, cause) : cause)
    })
    server.listen({ host, port, exclusive: true }, () => {
      server.removeAllListeners('error')
      resolve(server)
    })
  })
}
