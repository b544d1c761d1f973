import { Duplex } from 'node:stream'
import type { Stream } from '#shared/protocol/stream.ts'
import type { TunnelSession } from './tunnel-session.ts'

/** A stream of a session as the socket that Node's HTTP server parses requests from. */
export class StreamSocket extends Duplex {
  readonly tunnel: TunnelSession
  readonly stream: Stream
  readonly remoteAddress: string
  bytesRead = 0
  #writable: (() => void) | null = null

  constructor(stream: Stream, tunnel: TunnelSession) {
    super({
      allowHalfOpen: true,
      emitClose: true,
      readableHighWaterMark: 65_536,
      writableHighWaterMark: 65_536,
    })
    this.stream = stream
    this.tunnel = tunnel
    this.remoteAddress = tunnel.address
    stream.listener = {
      onData: (data) => {
        // Nobody takes it any more, and the peer is not to be held up on that account.
        if (this.destroyed) stream.consumed(data.length)
        this.#held += data.length
        this.bytesRead += data.length
        if (this.push(data)) this.#release()
      },
      onEnd: () => this.push(null),
      onDrain: () => this.#writeAgain(),
      onReset: () => this.destroy(),
    }
  }

  /** Pushed and not yet read: the peer gets no credit for it. */
  #held = 0

  override _read(): void {
    this.#release()
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    if (this.stream.write(chunk)) callback()
    else this.#writable = callback
  }

  override _writev(chunks: { chunk: Buffer }[], callback: () => void): void {
    let room = true
    for (const { chunk } of chunks) room = this.stream.write(chunk)
    if (room) callback()
    else this.#writable = callback
  }

  override _final(callback: () => void): void {
    this.stream.end()
    callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    // After an orderly end what is queued still goes out; anything else cuts the stream.
    if (!this.stream.finQueued) this.stream.reset('STREAM_RESET')
    else if (!this.stream.finReceived) this.stream.resetWhenSent('STREAM_RESET')
    this.#writeAgain()
    callback(error)
  }

  /** What an HTTP server expects of a socket and a stream has no use for. */
  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  #release(): void {
    if (this.#held === 0) return
    this.stream.consumed(this.#held)
    this.#held = 0
  }

  #writeAgain(): void {
    const callback = this.#writable
    this.#writable = null
    callback?.()
  }
}
