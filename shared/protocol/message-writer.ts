import { MessageMemory, preferredMessageBytes } from './message-memory.ts'
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

/**
 * Puts what is to be sent into FRAMES messages: control frames first, then the streams in turn, each its
 * share of the message but no less than 4 KiB. Sequence numbers are given here and nowhere else, when a message is really taken.
 */
export class MessageWriter {
  readonly #memory: MessageMemory
  readonly #control: Uint8Array[] = []
  readonly #grants = new Set<Stream>()
  /** The ring of streams that may have something to send. */
  #ready: Stream[] = []
  #readyHead = 0
  #sentBytes = 0

  constructor(allocate: (bytes: number) => Uint8Array) {
    this.#memory = new MessageMemory(allocate)
  }

  /** The session's offset of the next frame. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  ready(stream: Stream): void {
    if (stream.queued) return
    stream.queued = true
    this.#ready.push(stream)
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
    this.#control.length = 0
    this.#grants.clear()
    this.#ready = []
    this.#readyHead = 0
  }

  /** A message that {@link take} gave has left. */
  release(message: Uint8Array): void {
    this.#memory.release(message)
  }

  /** One FRAMES message with as much as fits; null when nothing can go out. */
  take(ack: number | null): Uint8Array | null {
    const headerBytes = messageHeaderBytes + (ack === null ? 0 : ackBytes)
    const plan = this.#plan(preferredMessageBytes - headerBytes)
    if (plan === null) return null
    const message = this.#memory.take(headerBytes + plan.bytes)
    message[0] = messageType.FRAMES
    message[1] = ack === null ? 0 : messageFlag.ACK
    writeU16(message, 2, 0)
    writeU64(message, 4, this.#sentBytes)
    if (ack !== null) writeU64(message, messageHeaderBytes, ack)
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

  #plan(room: number): { control: Uint8Array[]; turns: Turn[]; bytes: number } | null {
    for (const stream of this.#grants) {
      if (!stream.isReset) this.#control.push(windowFrame(stream.id, stream.nextGrant()))
    }
    this.#grants.clear()

    let bytes = 0
    let count = 0
    for (const frame of this.#control) {
      if (bytes + frame.length > room) break
      bytes += frame.length
      count += 1
    }
    const control = this.#control.splice(0, count)

    const turns: Turn[] = []
    while (this.#readyHead < this.#ready.length) {
      const stream = this.#ready[this.#readyHead] as Stream
      const waiting = this.#ready.length - this.#readyHead
      const quantum = Math.max(quantumBytes, Math.floor((room - bytes) / waiting))
      const turn = planTurn(stream, room - bytes, quantum)
      if (turn === 'no room') break
      this.#readyHead += 1
      stream.queued = false
      if (turn === 'nothing') continue
      turns.push(turn)
      bytes += turn.bytes
    }
    if (this.#readyHead === this.#ready.length || this.#readyHead > 1024) {
      this.#ready = this.#ready.slice(this.#readyHead)
      this.#readyHead = 0
    }
    return bytes === 0 ? null : { control, turns, bytes }
  }
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
