import assert from 'node:assert/strict'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { parseFrames } from '#shared/protocol/frame.ts'
import { encodeMessage, parseMessage } from '#shared/protocol/message.ts'
import { longMessageBytes } from '#shared/protocol/message-memory.ts'
import { maxUnackedBytes } from '#shared/protocol/sequence.ts'
import { Session } from '#shared/protocol/session.ts'
import type { Stream } from '#shared/protocol/stream.ts'
import { messageType } from '#shared/protocol/wire.ts'
import { framesMessage } from './encode-frames.ts'
import { orRefused } from './target.ts'

const limits = { streams: 8, windowBytes: 16_384, opensPerSecond: 16 }
const windowBudgetBytes = 65_536
/** What ends a session that a peer has misused. */
const misuse = ['PROTOCOL_ERROR', 'FLOW_CONTROL', 'SESSION_LOST'] as const

/** One life of a relay's session, which checks at each step what has to hold whatever the peer does. */
export class SessionLife {
  readonly #session: Session
  readonly #streams = new Map<number, OwnedStream>()
  #now = 0
  #endedWith: JetwayError | null = null
  /** Offsets after the messages that were taken, and of the next that is due from the session. */
  #ends = [0]
  #due = 0

  constructor() {
    this.#session = new Session({
      side: 'relay',
      local: limits,
      remote: limits,
      windowBudgetBytes,
      now: () => this.#now,
      listener: {
        onOutput() {},
        onStream: (stream) => this.#own(stream),
        onGoAway() {},
        onAuth: () => this.#session.authenticated(1_800_000_000),
        onClose: (error) => {
          assert.equal(this.#endedWith, null, 'ended twice')
          this.#endedWith = error
        },
      },
    })
    this.#session.attach(0)
  }

  receive(bytes: Uint8Array): void {
    const { isAttached } = this.#session
    // The session keeps views into what it is given.
    this.#session.receive(bytes.slice())
    if (!isAttached || this.#session.isClosed) return
    // What was acknowledged need not come again.
    const { type, seq, ack } = parseMessage(bytes)
    this.#due = Math.max(this.#due, ack ?? 0, type === messageType.ACK ? seq : 0)
  }

  receiveFrames(payload: Uint8Array): void {
    this.receive(framesMessage(this.#session.receivedBytes, payload))
  }

  /** Everything that was taken, and `ahead` of the messages that are about to be taken again. */
  acknowledge(ahead: number): void {
    const last = Math.min(this.#ends.length - 1, this.#ends.indexOf(this.#due) + ahead)
    this.receive(encodeMessage(messageType.ACK, this.#ends[last] as number))
  }

  flood(count: number): void {
    const ping = encodeMessage(messageType.PING, 0, new Uint8Array(8))
    for (let i = 0; i < Math.min(count, 5000); i += 1) this.receive(ping)
  }

  take(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const message = this.#session.take()
      if (message === null) {
        assert.equal(this.#session.take(), null, 'something after nothing')
        return
      }
      assert.ok(message.length <= longMessageBytes, 'too long a message')
      const { type, seq, payload } = parseMessage(message)
      if (type !== messageType.FRAMES) continue
      parseFrames(payload)
      assert.equal(seq, this.#due, 'out of sequence')
      this.#due += payload.length
      if (this.#due > (this.#ends.at(-1) as number)) this.#ends.push(this.#due)
    }
  }

  wait(ms: number): void {
    this.#now += ms
    this.#session.tick()
  }

  detach(): void {
    this.#session.detach()
  }

  /** A new carrier: the peer has all but the last `back` messages of what it was sent. */
  attach(back: number): void {
    if (this.#session.isClosed) return
    const offset = this.#ends[Math.max(0, this.#ends.indexOf(this.#due) - back)] as number
    this.#session.detach()
    const taken = orRefused(['SESSION_LOST'], () => this.#session.attach(offset) ?? true)
    if (taken === null) this.#session.close(new JetwayError('SESSION_LOST'))
    this.#due = offset
  }

  goAway(): void {
    this.#session.goAway('DRAINING', 1000)
  }

  open(): void {
    const stream = orRefused(['TOO_MANY_STREAMS', 'DRAINING', 'CLOSED'], () => this.#session.open('airflow'))
    if (stream !== null) this.#own(stream)
  }

  stream(id: number): OwnedStream | undefined {
    return this.#streams.get(id)
  }

  /** @throws what does not hold */
  check(): void {
    const session = this.#session
    const live = [...this.#streams.values()].filter(({ isOver }) => !isOver)
    assert.ok(session.streamCount <= limits.streams, 'too many streams')
    assert.equal(session.streamCount, live.length, 'streams that only one side knows')
    const queued = live.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0)
    assert.equal(session.queuedBytes, queued, 'queued bytes are counted wrongly')
    const held = live.reduce((sum, { heldBytes }) => sum + heldBytes, 0)
    assert.ok(held <= limits.streams * limits.windowBytes + windowBudgetBytes, `${held} bytes are held`)
    assert.ok(session.unackedBytes <= maxUnackedBytes + longMessageBytes, 'too much is kept')
    assert.equal(session.isClosed, this.#endedWith !== null)
    if (this.#endedWith === null) return
    assert.ok(
      misuse.some((code) => code === this.#endedWith?.code),
      this.#endedWith.code,
    )
    assert.equal(session.unackedBytes, 0)
    assert.equal(session.take(), null)
  }

  /** The owner gives up: nothing is left then. */
  end(): void {
    if (this.#endedWith === null) this.#session.close(new JetwayError('SESSION_LOST'))
    this.check()
    assert.equal(this.#session.streamCount, 0)
  }

  #own(stream: Stream): void {
    assert.ok(!this.#streams.has(stream.id), 'opened twice')
    this.#streams.set(stream.id, new OwnedStream(stream))
  }
}

/** A stream and its owner, who notices what is told out of turn. */
class OwnedStream {
  heldBytes = 0
  readonly #stream: Stream
  #ended = false
  #isReset = false

  constructor(stream: Stream) {
    this.#stream = stream
    stream.listener = {
      onData: (data) => {
        assert.ok(!this.#ended && !this.#isReset, 'data after the end')
        this.heldBytes += data.length
      },
      onEnd: () => {
        assert.ok(!this.#ended && !this.#isReset, 'an end after the end')
        this.#ended = true
      },
      onDrain: () => assert.ok(!this.#isReset, 'a drain after the end'),
      onReset: () => {
        assert.ok(!this.#isReset, 'reset twice')
        this.#isReset = true
      },
    }
  }

  get isOver(): boolean {
    return this.#stream.isDone
  }

  get queuedBytes(): number {
    return this.#stream.output.bytes
  }

  write(data: Uint8Array): void {
    // An owner who waits for room when told to
    if (this.queuedBytes < 1_000_000) this.#stream.write(data)
  }

  end(): void {
    this.#stream.end()
  }

  reset(): void {
    this.#isReset = true
    this.#stream.reset('STREAM_RESET')
  }

  consume(bytes: number): void {
    const passedOn = Math.min(bytes, this.heldBytes)
    this.heldBytes -= passedOn
    if (passedOn > 0) this.#stream.consumed(passedOn)
  }
}
