import type { Socket } from 'node:net'
import type { Stream } from '#shared/protocol/stream.ts'

/** Chunks from here on are gathered: the kernel takes one large write for less than several small ones. */
const gatherBytes = 8192

/**
 * Joins a local connection and a stream: bytes both ways, each direction closed by itself, and neither side
 * ever asked to hold more than its window. The socket has to allow half-open.
 */
export function pipe(stream: Stream, socket: Socket): void {
  /** Given to the socket and not yet taken by the kernel: its credit waits for `drain`. */
  let unconsumedBytes = 0
  const uncork = () => socket.uncork()
  stream.listener = {
    onData(data) {
      unconsumedBytes += data.length
      if (data.length >= gatherBytes && socket.writableCorked === 0) {
        socket.cork()
        setImmediate(uncork)
      }
      if (!socket.write(data)) return
      stream.consumed(unconsumedBytes)
      unconsumedBytes = 0
    },
    onEnd: () => socket.end(),
    onDrain: () => socket.resume(),
    onReset: () => socket.resetAndDestroy(),
  }
  socket.on('drain', () => {
    stream.consumed(unconsumedBytes)
    unconsumedBytes = 0
  })
  socket.on('data', (chunk: Buffer) => {
    if (!stream.write(chunk)) socket.pause()
  })
  socket.on('end', () => stream.end())
  // An error is always followed by close.
  socket.on('error', () => {})
  socket.on('close', () => {
    // After an orderly end what is still queued goes out; anything else cuts the stream.
    if (!stream.finQueued || !stream.finReceived) stream.reset('STREAM_RESET')
  })
}
