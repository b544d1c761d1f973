import type { Duplex } from 'node:stream'

const lingerMs = 1000

/**
 * Ends a connection, and takes what still comes over it for a second: closed at once, it would be reset, and the reset
 * could overtake the last answer.
 *
 * @see RFC 9112 §9.6
 */
export function endLingering(socket: Duplex): void {
  if (socket.destroyed) return
  socket.resume()
  socket.end(() => {
    const timer = setTimeout(() => socket.destroy(), lingerMs)
    socket.once('close', () => clearTimeout(timer))
  })
}
