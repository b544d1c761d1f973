import type { CarrierListener, ClientCarrier } from '#client/carriers/carrier.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { RelayCarrier } from '../../relay/carriers/websocket.ts'
import type { World } from './world.ts'

/** How a carrier breaks: both ends hear of it, one of them does, or neither. */
export type Break = 'reset' | 'client hears' | 'relay hears' | 'black hole'

export interface LinkOptions {
  /** One way, in milliseconds. */
  readonly latencyMs: number
  readonly bytesPerMs: number
  /** It breaks inside the message that takes its traffic, both ways together, past this; null for never. */
  readonly breakAfterBytes: number | null
  readonly breaks: Break
  /** After so many bytes nothing arrives for a while. */
  readonly stallAfterBytes: number
  readonly stallMs: number
}

/** One carrier of the simulation: two directions, each in order, that break together. */
export class Link {
  readonly client: ClientCarrier
  readonly relay: RelayCarrier
  readonly #world: World
  readonly #options: LinkOptions
  readonly #toClient: End
  readonly #toRelay: End
  #bytes = 0
  #broken = false

  constructor(world: World, options: LinkOptions) {
    this.#world = world
    this.#options = options
    this.#toClient = new End(world)
    this.#toRelay = new End(world)
    const [toClient, toRelay] = [this.#toClient, this.#toRelay]
    this.client = {
      get bufferedBytes() {
        return toRelay.bufferedBytes
      },
      listen: (listener) => toClient.listen(listener),
      send: (message, sent) => this.#send(toRelay, message, sent),
      close: (code) => this.#close(toClient, toRelay, code),
      terminate: () => this.#close(toClient, toRelay, null),
    }
    this.relay = {
      get bufferedBytes() {
        return toClient.bufferedBytes
      },
      get listener() {
        return toRelay.listener as RelayCarrier['listener']
      },
      set listener(listener) {
        toRelay.listen(listener)
      },
      send: (message, sent) => this.#send(toClient, message, sent),
      close: (code) => this.#close(toRelay, toClient, code),
      terminate: () => this.#close(toRelay, toClient, null),
    }
  }

  get isBroken(): boolean {
    return this.#broken
  }

  /** It breaks now. */
  break(): void {
    if (this.#broken) return
    this.#broken = true
    const { breaks, latencyMs } = this.#options
    for (const [end, hears] of [
      [this.#toClient, 'client hears'],
      [this.#toRelay, 'relay hears'],
    ] as const) {
      end.isCut = true
      if (breaks === 'reset' || breaks === hears) this.#world.after(latencyMs, () => end.closed(null))
    }
  }

  #send(to: End, message: Uint8Array, sent: () => void): void {
    if (to.isCut) return
    const { bytesPerMs, latencyMs, stallAfterBytes, stallMs, breakAfterBytes } = this.#options
    const stalls = this.#bytes < stallAfterBytes && this.#bytes + message.length >= stallAfterBytes
    this.#bytes += message.length
    if (breakAfterBytes !== null && this.#bytes > breakAfterBytes) {
      this.break()
      return
    }
    to.bufferedBytes += message.length
    to.freeAt = Math.max(to.freeAt, this.#world.now) + message.length / bytesPerMs + (stalls ? stallMs : 0)
    this.#world.after(to.freeAt - this.#world.now, () => {
      to.bufferedBytes -= message.length
      if (to.isCut) return
      // Read only now: memory that was used again too early shows.
      const arrived = Uint8Array.from(message)
      this.#world.after(latencyMs, () => to.message(arrived))
      sent()
    })
  }

  #close(own: End, other: End, code: ErrorCode | null): void {
    own.isCut = true
    other.isCut = true
    this.#world.after(this.#options.latencyMs, () => {
      if (!this.#broken) other.closed(code)
      own.closed(null)
    })
  }
}

/** Where one direction arrives. */
class End {
  bufferedBytes = 0
  freeAt = 0
  /** Nothing is sent in this direction any more. What is on its way still arrives, as in a network. */
  isCut = false
  listener: CarrierListener | null = null
  #early: Uint8Array[] = []
  #closed = false

  constructor(world: World) {
    this.freeAt = world.now
  }

  listen(listener: CarrierListener): void {
    this.listener = listener
    for (const message of this.#early.splice(0)) listener.onMessage(message)
  }

  message(bytes: Uint8Array): void {
    if (this.#closed) return
    if (this.listener) this.listener.onMessage(bytes)
    else this.#early.push(bytes)
  }

  closed(code: ErrorCode | null): void {
    if (this.#closed) return
    this.#closed = true
    this.listener?.onClose(code)
  }
}
