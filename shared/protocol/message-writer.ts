import type { MessageMemory } from './message-memory.ts'
import { Ring } from './ring.ts'
import type { Stream } from './stream.ts'
import {
  ackBytes,
  frameFlag,
  frameHeaderBytes,
  frameType,
  messageFlag,
  messageHeaderBytes,
  messageType,
  quantumBytes,
  writeU16,
  writeU32,
  writeU64,
} from './wire.ts'

/** Every so many messages bulk goes first, so that small streams, however many, never starve it. */
const bulkFirstEvery = 4

/**
 * Puts what is to be sent into FRAMES messages: control frames first, then streams that open, then those that send
 * little, then bulk; the streams of a kind in turn, each its share of the message but no less than 4 KiB. Sequence
 * numbers are given here and nowhere else, when a message is really taken.
 */
export class MessageWriter {
  readonly #memory: MessageMemory
  readonly #mayOpen: () => boolean
  readonly #control = new Ring<Uint8Array>()
  readonly #grants = new Set<Stream>()
  /** Streams that may have something to send. */
  readonly #opening = new Ring<Stream>()
  readonly #small = new Ring<Stream>()
  readonly #bulk = new Ring<Stream>()
  #messages = 0
  #sentBytes = 0

  /** @param mayOpen asked before each OPEN; one that was allowed is sent */
  constructor(memory: MessageMemory, mayOpen: () => boolean) {
    this.#memory = memory
    this.#mayOpen = mayOpen
  }

  /** The session's offset of the next frame. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Control frames that wait. */
  get controlFrames(): number {
    return this.#control.length
  }

  /** Whether streams wait to be opened. */
  get isOpening(): boolean {
    return this.#opening.length > 0
  }

  ready(stream: Stream): void {
    if (stream.queued) return
    stream.queued = true
    const ring = !stream.opened ? this.#opening : stream.isBulk ? this.#bulk : this.#small
    ring.push(stream)
  }

  grant(stream: Stream): void {
    this.#grants.add(stream)
  }

  reset(streamId: number, code: number): void {
    const frame = frameHeader(frameType.RST, 4, streamId)
    writeU32(frame, frameHeaderBytes, code)
    this.#control.push(frame)
  }

  goAway(lastStreamId: number, code: number, deadlineMs: number): void {
    const frame = frameHeader(frameType.GOAWAY, 12, 0)
    writeU32(frame, frameHeaderBytes, lastStreamId)
    writeU32(frame, frameHeaderBytes + 4, code)
    writeU32(frame, frameHeaderBytes + 8, deadlineMs)
    this.#control.push(frame)
  }

  clear(): void {
    this.#control.clear()
    this.#grants.clear()
    for (const ring of [this.#opening, this.#small, this.#bulk]) ring.clear()
  }

  /** Whether bulk waits. */
  get hasBulk(): boolean {
    return this.#bulk.length > 0
  }

  /**
   * One FRAMES message with as much as fits; null when nothing can go out.
   *
   * @param maxBytes of the message, headers included
   * @param mayBulk asked when there is bulk
   * @param ack gives the offset to acknowledge with it; asked when there is a message
   */
  take(maxBytes: number, mayBulk: () => boolean, ack: () => number | null): Uint8Array | null {
    const plan = this.#plan(maxBytes - messageHeaderBytes - ackBytes, mayBulk)
    if (plan === null) return null
    const acked = ack()
    const headerBytes = messageHeaderBytes + (acked === null ? 0 : ackBytes)
    const message = this.#memory.take(headerBytes + plan.bytes)
    message[0] = messageType.FRAMES
    message[1] = acked === null ? 0 : messageFlag.ACK
    writeU16(message, 2, 0)
    writeU64(message, 4, this.#sentBytes)
    if (acked !== null) writeU64(message, messageHeaderBytes, acked)
    let at = headerBytes
    for (const frame of plan.control) {
      message.set(frame, at)
      at += frame.length
    }
    for (const turn of plan.turns) at = writeTurn(message, at, turn)
    this.#sentBytes += plan.bytes
    // Only now: a listener may write again from here, which is for the next message.
    for (const { stream } of plan.turns) {
      stream.drained()
      if (stream.canSend) this.ready(stream)
    }
    return message
  }

  #plan(room: number, mayBulk: () => boolean): Plan | null {
    for (const stream of this.#grants) {
      if (!stream.isReset) this.#control.push(windowFrame(stream.id, stream.nextGrant()))
    }
    this.#grants.clear()

    const plan: Plan = { control: [], turns: [], bytes: 0 }
    while (this.#control.length > 0 && plan.bytes + this.#control.peek().length <= room) {
      const frame = this.#control.shift()
      plan.control.push(frame)
      plan.bytes += frame.length
    }
    this.#messages += 1
    const withBulk = this.hasBulk && mayBulk()
    const bulkFirst = withBulk && this.#messages % bulkFirstEvery === 0
    this.#fill(plan, room, this.#opening)
    if (bulkFirst) this.#fill(plan, room, this.#bulk)
    this.#fill(plan, room, this.#small)
    if (withBulk) this.#fill(plan, room, this.#bulk)
    return plan.bytes === 0 ? null : plan
  }

  #fill(plan: Plan, room: number, ring: Ring<Stream>): void {
    while (ring.length > 0) {
      const stream = ring.peek()
      const left = room - plan.bytes
      const turn = planTurn(stream, left, Math.max(quantumBytes, Math.floor(left / ring.length)))
      if (turn === 'no room') return
      if (turn !== 'nothing' && turn.opens && !this.#mayOpen()) return
      ring.shift()
      stream.queued = false
      if (turn === 'nothing') continue
      plan.turns.push(turn)
      plan.bytes += turn.bytes
    }
  }
}

interface Plan {
  readonly control: Uint8Array[]
  readonly turns: Turn[]
  bytes: number
}

/** One frame of one stream in a message. */
interface Turn {
  readonly stream: Stream
  readonly opens: boolean
  readonly dataBytes: number
  readonly fin: boolean
  readonly bytes: number
}

function planTurn(stream: Stream, room: number, quantum: number): Turn | 'nothing' | 'no room' {
  if (!stream.canSend) return 'nothing'
  const opens = !stream.opened
  const overhead = frameHeaderBytes + (opens ? 1 + stream.service.length : 0)
  const wanted = Math.min(stream.sendableBytes, quantum)
  const dataBytes = Math.min(wanted, room - overhead)
  // A sliver of a frame is not worth its header, unless the sliver is all there is.
  if (dataBytes < 0 || (dataBytes < wanted && dataBytes < 1024)) return 'no room'
  const fin = stream.finQueued && dataBytes === stream.output.bytes
  return { stream, opens, dataBytes, fin, bytes: overhead + dataBytes }
}

function writeTurn(message: Uint8Array, at: number, turn: Turn): number {
  const { stream, opens, dataBytes, fin } = turn
  message[at] = opens ? frameType.OPEN : frameType.DATA
  message[at + 1] = fin ? frameFlag.FIN : 0
  writeU16(message, at + 2, turn.bytes - frameHeaderBytes)
  writeU32(message, at + 4, stream.id)
  at += frameHeaderBytes
  if (opens) {
    message[at] = stream.service.length
    at += 1
    for (let i = 0; i < stream.service.length; i += 1) message[at + i] = stream.service.charCodeAt(i)
    at += stream.service.length
  }
  stream.output.moveTo(message, at, dataBytes)
  stream.sent(dataBytes, fin)
  return at + dataBytes
}

function windowFrame(streamId: number, offset: number): Uint8Array {
  const frame = frameHeader(frameType.WINDOW, 8, streamId)
  writeU64(frame, frameHeaderBytes, offset)
  return frame
}

function frameHeader(type: number, payloadBytes: number, streamId: number): Uint8Array {
  const frame = new Uint8Array(frameHeaderBytes + payloadBytes)
  frame[0] = type
  writeU16(frame, 2, payloadBytes)
  writeU32(frame, 4, streamId)
  return frame
}
