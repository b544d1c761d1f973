import type { ErrorCode } from '../errors/table.ts'
import type { Stream } from './stream.ts'

/** What is asked of a TCP socket that allows half-open; Node's `net.Socket` is one. */
export interface JoinableSocket {
  readonly connecting: boolean
  readonly writableCorked: number
  readonly writableNeedDrain: boolean
  write(data: Uint8Array, written?: () => void): boolean
  end(): void
  cork(): void
  uncork(): void
  pause(): void
  resume(): void
  destroy(): void
  /** Closes when everything that was written has left. */
  destroySoon(): void
  resetAndDestroy(): void
  /** Calls back when there was no traffic for so long. */
  setTimeout(idleMs: number, callback: () => void): void
  on(event: 'data', listener: (chunk: Uint8Array) => void): void
  on(event: 'connect' | 'drain' | 'end' | 'error' | 'close', listener: () => void): void
}

/** Chunks from here on are gathered: the kernel takes one large write for less than several small ones. */
const gatherBytes = 8192
/** What came before a reset is still written, unless the socket stands still for so long. */
const lingerMs = 10_000
const nothing = new Uint8Array(0)

/**
 * Joins a TCP connection and a stream: bytes both ways, each direction closed by itself, a cut on either side a reset
 * on the other, and neither ever asked to hold more than its window. What came before a cut is passed on before it, as
 * TCP does: a server may answer an upload that it does not read. The socket may still be connecting.
 *
 * @param defer runs a callback after the events of this turn, e.g. `setImmediate`
 * @param onEnd called once, when the connection is over: with why it was cut, or null when both directions ended
 */
export function join(
  stream: Stream,
  socket: JoinableSocket,
  defer: (callback: () => void) => void,
  onEnd: (code: ErrorCode | null) => void = () => {},
): void {
  /** Given to the socket and not yet taken by the kernel: its credit waits for `connect` and `drain`. */
  let unconsumedBytes = 0
  let over = false
  const uncork = () => socket.uncork()
  const release = () => {
    if (unconsumedBytes > 0) stream.consumed(unconsumedBytes)
    unconsumedBytes = 0
  }
  const end = (code: ErrorCode | null) => {
    if (!over) onEnd(code)
    over = true
  }
  stream.listener = {
    onData(data) {
      unconsumedBytes += data.length
      if (data.length >= gatherBytes && socket.writableCorked === 0) {
        socket.cork()
        defer(uncork)
      }
      if (socket.write(data) && !socket.connecting) release()
    },
    onEnd: () => socket.end(),
    onDrain: () => socket.resume(),
    onReset(code) {
      end(code)
      socket.setTimeout(lingerMs, () => socket.destroy())
      if (stream.finReceived) socket.destroySoon()
      else if (socket.connecting) socket.destroy()
      // The session says so, not the other end: what is not allowed any more ends at once.
      else if (code !== 'STREAM_RESET') socket.resetAndDestroy()
      else {
        socket.write(nothing, () => socket.resetAndDestroy())
        socket.uncork()
      }
    },
  }
  socket.on('connect', () => {
    if (!socket.writableNeedDrain) release()
  })
  socket.on('drain', release)
  socket.on('data', (chunk) => {
    if (!stream.write(chunk)) socket.pause()
  })
  socket.on('end', () => stream.end())
  // An error is always followed by close.
  socket.on('error', () => {})
  socket.on('close', () => {
    const inOrder = stream.finQueued && stream.finReceived
    end(inOrder ? null : 'STREAM_RESET')
    if (inOrder) return
    // Nobody takes any more what the peer sends, and it is not to be held up on that account.
    stream.listener = { ...deaf, onData: (data) => stream.consumed(data.length) }
    release()
    stream.resetWhenSent('STREAM_RESET')
  })
}

const deaf = { onEnd() {}, onDrain() {}, onReset() {} }
