import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { Stream } from '#shared/protocol/stream.ts'
import type { World } from './world.ts'

/** The byte at `offset` of what one end of stream `n` sends. */
function byteAt(n: number, side: number, offset: number): number {
  return (Math.imul(offset ^ (n << 16) ^ (side << 8), 0x9e3779b1) >>> 24) & 255
}

function bytesOf(n: number, side: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i += 1) bytes[i] = byteAt(n, side, offset + i)
  return bytes
}

/** What one end of a stream sends, and what it has to receive. */
interface Plan {
  readonly n: number
  /** 0 for the client, 1 for the relay. */
  readonly side: number
  readonly sends: number
  readonly receives: number
}

/** One end at work: sends its bytes in pieces at its pace, and holds what it gets against what it has to get. */
export class Peer {
  received = 0
  ended = false
  resetCode: string | null = null
  sentAll = false
  readonly #world: World
  readonly #plan: Plan
  #sent = 0

  constructor(world: World, plan: Plan) {
    this.#world = world
    this.#plan = plan
  }

  /** Both directions have ended, with all their bytes. */
  get isDone(): boolean {
    return this.sentAll && this.ended && this.received === this.#plan.receives
  }

  take(data: Uint8Array): void {
    const { n, side, receives } = this.#plan
    for (let i = 0; i < data.length; i += 1) {
      if (data[i] !== byteAt(n, 1 - side, this.received + i)) {
        throw new Error(`stream ${n}: wrong byte at ${this.received + i}`)
      }
    }
    this.received += data.length
    if (this.ended) throw new Error(`stream ${n}: data after its end`)
    if (this.received > receives) throw new Error(`stream ${n}: more than was sent`)
  }

  end(): void {
    if (this.ended) throw new Error(`stream ${this.#plan.n}: ended twice`)
    this.ended = true
    if (this.received !== this.#plan.receives) throw new Error(`stream ${this.#plan.n}: ended short`)
  }

  /** The next piece to send; null at the end. */
  next(): Uint8Array | null {
    const { n, side, sends } = this.#plan
    if (this.#sent === sends) {
      this.sentAll = true
      return null
    }
    const length = Math.min(
      sends - this.#sent,
      this.#world.integer(1, this.#world.chance(0.3) ? 40_000 : 500),
    )
    const bytes = bytesOf(n, side, this.#sent, length)
    this.#sent += length
    return bytes
  }
}

/** The relay's end: straight on the stream, with a consumer that is sometimes slow. */
export function serve(world: World, stream: Stream, plan: Plan): Peer {
  const peer = new Peer(world, plan)
  const pump = () => {
    if (stream.isReset) return
    const bytes = peer.next()
    if (bytes === null) stream.end()
    else if (stream.write(bytes)) world.after(world.integer(0, 20), pump)
  }
  stream.listener = {
    onData(data) {
      peer.take(data)
      const { length } = data
      world.after(world.chance(0.05) ? world.integer(0, 3000) : 0, () => stream.consumed(length))
    },
    onEnd: () => peer.end(),
    onDrain: pump,
    onReset(code) {
      peer.resetCode = code
    },
  }
  world.after(world.integer(0, 100), pump)
  return peer
}

/** A local connection, as far as `pipe` uses one. */
export class LocalSocket extends EventEmitter {
  readonly connecting = false
  writableCorked = 0
  writableNeedDrain = false
  readonly peer: Peer
  readonly #world: World
  #paused = false
  #wanted = false
  #buffered = 0
  #closed = false

  constructor(world: World, plan: Plan) {
    super()
    this.#world = world
    this.peer = new Peer(world, plan)
  }

  /** Somebody listens from now on. */
  open(): Socket {
    this.#world.after(this.#world.integer(0, 50), () => this.#pump())
    return this as unknown as Socket
  }

  write(data: Uint8Array, written?: () => void): boolean {
    if (written) this.#world.after(0, written)
    this.peer.take(data)
    this.#buffered += data.length
    const isSlow = this.#world.chance(0.05)
    this.#world.after(isSlow ? this.#world.integer(0, 3000) : 0, () => {
      this.#buffered -= data.length
      if (this.#buffered === 0) this.emit('drain')
    })
    return !isSlow
  }

  end(): void {
    this.peer.end()
    this.#closeWhenDone()
  }

  cork(): void {
    this.writableCorked += 1
  }

  uncork(): void {
    this.writableCorked -= 1
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#wanted) this.#pump()
  }

  resetAndDestroy(): void {
    if (this.#closed) return
    this.peer.resetCode ??= 'reset'
    this.#closed = true
    this.emit('close')
  }

  destroy(): void {
    this.resetAndDestroy()
  }

  destroySoon(): void {
    this.resetAndDestroy()
  }

  setTimeout(): void {}

  #pump(): void {
    if (this.#closed) return
    this.#wanted = this.#paused
    if (this.#paused) return
    const bytes = this.peer.next()
    if (bytes === null) {
      this.emit('end')
      this.#closeWhenDone()
      return
    }
    this.emit('data', Buffer.from(bytes))
    this.#world.after(this.#world.integer(0, 20), () => this.#pump())
  }

  #closeWhenDone(): void {
    if (this.#closed || !this.peer.ended || !this.peer.sentAll) return
    this.#closed = true
    this.emit('close')
  }
}
