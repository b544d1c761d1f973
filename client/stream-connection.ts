import { Duplex } from 'node:stream'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Stream } from '#shared/protocol/stream.ts'

/** A stream of a session as a connection of this process's own: what Node's HTTP client takes for a socket. */
export class StreamConnection extends Duplex {
  readonly #stream: Stream
  /** Pushed and not yet read: the peer gets no credit for it. */
  #held = 0
  #written: (() => void) | null = null

  constructor(stream: Stream) {
    super({ allowHalfOpen: true, readableHighWaterMark: 65_536, writableHighWaterMark: 65_536 })
    this.#stream = stream
    stream.listener = {
      onData: (data) => {
        this.#held += data.length
        if (this.push(data) || this.destroyed) this.#release()
      },
      onEnd: () => this.push(null),
      onDrain: () => this.#drained(),
      onReset: (code) => this.destroy(new JetwayError(code)),
    }
  }

  override _read(): void {
    this.#release()
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    if (this.#stream.write(chunk)) callback()
    else this.#written = callback
  }

  override _final(callback: () => void): void {
    this.#stream.end()
    callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!this.#stream.finQueued || !this.#stream.finReceived) this.#stream.reset('STREAM_RESET')
    this.#drained()
    callback(error)
  }

  #release(): void {
    this.#stream.consumed(this.#held)
    this.#held = 0
  }

  #drained(): void {
    const callback = this.#written
    this.#written = null
    callback?.()
  }
}
