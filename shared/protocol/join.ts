import type { ErrorCode } from '../errors/table.ts'
import type { Stream } from './stream.ts'

/** What is asked of a TCP socket that allows half-open; Node's `net.Socket` is one. */
export interface JoinableSocket {
  readonly connecting: boolean
  readonly writableCorked: number
  readonly writableNeedDrain: boolean
  write(data: Uint8Array): boolean
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
/** What was sent in order is still delivered after a reset, unless the socket stands still for so long. */
const lingerMs = 10_000

/**
 * Joins a TCP connection and a stream: bytes both ways, each direction closed by itself, a reset on either side
 * reset on the other, and neither ever asked to hold more than its window. A direction that ended in order is
 * delivered whole, whatever becomes of the other one. The socket may still be connecting.
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
      if (stream.finReceived) {
        socket.destroySoon()
        socket.setTimeout(lingerMs, () => socket.destroy())
      } else if (socket.connecting) socket.destroy()
      else socket.resetAndDestroy()
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
    if (!stream.finQueued || stream.finSent) stream.reset('STREAM_RESET')
    else drop(stream, unconsumedBytes)
  })
}

/**
 * Nobody takes what the peer still sends, and what it was sent is not to be lost for that: its bytes are dropped until
 * the stream's own end has left, and what comes after that is answered with a reset, as TCP would.
 */
function drop(stream: Stream, unconsumedBytes: number): void {
  stream.consumed(unconsumedBytes)
  stream.listener = {
    onData(data) {
      if (stream.finSent) stream.reset('STREAM_RESET')
      else stream.consumed(data.length)
    },
    onEnd() {},
    onDrain() {},
    onReset() {},
  }
}
