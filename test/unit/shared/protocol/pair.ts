import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { Limits } from '#shared/protocol/handshake.ts'
import { Session } from '#shared/protocol/session.ts'
import type { Stream } from '#shared/protocol/stream.ts'

export const limits: Limits = { streams: 8, windowBytes: 65_536, opensPerSecond: 1000 }

/** One end of a session that writes down what it is told. */
export class End {
  readonly session: Session
  readonly streams: Recorder[] = []
  readonly goAways: { code: ErrorCode; deadlineMs: number }[] = []
  readonly auths: string[] = []
  readonly expiries: number[] = []
  error: JetwayError | null = null
  autoConsume = true

  constructor(
    side: 'client' | 'relay',
    clock: { now: number },
    local: Limits = limits,
    remote: Limits = limits,
  ) {
    this.session = new Session({
      side,
      local,
      remote,
      windowBudgetBytes: 0,
      now: () => clock.now,
      listener: {
        onOutput: () => {},
        onStream: (stream) => this.streams.push(new Recorder(stream, this.autoConsume)),
        onGoAway: (code, deadlineMs) => this.goAways.push({ code, deadlineMs }),
        onClose: (error) => {
          this.error = error
        },
        ...(side === 'relay'
          ? { onAuth: (token: string) => this.auths.push(token) }
          : { onAuthenticated: (expires: number) => this.expiries.push(expires) }),
      },
    })
    this.session.attach(0)
  }

  open(service: string): Recorder {
    return new Recorder(this.session.open(service), this.autoConsume)
  }

  takeAll(): Uint8Array[] {
    const messages: Uint8Array[] = []
    for (let m = this.session.take(); m !== null; m = this.session.take()) messages.push(m)
    return messages
  }
}

/** A stream's listener that keeps what came. */
export class Recorder {
  readonly chunks: Uint8Array[] = []
  ended = false
  drains = 0
  resetCode: ErrorCode | null = null
  readonly stream: Stream

  constructor(stream: Stream, autoConsume: boolean) {
    this.stream = stream
    stream.listener = {
      onData: (data) => {
        this.chunks.push(data.slice())
        if (autoConsume) stream.consumed(data.length)
      },
      onEnd: () => {
        this.ended = true
      },
      onDrain: () => {
        this.drains += 1
      },
      onReset: (code) => {
        this.resetCode = code
      },
    }
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }
}

/** Moves messages both ways until neither end has anything to say. */
export function settle(a: End, b: End): void {
  for (;;) {
    const fromA = a.takeAll()
    for (const m of fromA) b.session.receive(m)
    const fromB = b.takeAll()
    for (const m of fromB) a.session.receive(m)
    if (fromA.length + fromB.length === 0) return
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
}
