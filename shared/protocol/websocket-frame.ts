import { headroomBytes } from './message-memory.ts'

const finBinary = 0x82
const maskBit = 0x80
const maskBytes = 4

/**
 * A message of a session as one unfragmented binary WebSocket frame, the header written into the message's
 * headroom: one buffer, no copy.
 *
 * @param masked a client's frame, masked with zeros. Masking is for plain-text intermediaries (RFC 6455 §10.3),
 *   so this is for connections inside TLS only.
 * @see RFC 6455 §5.2
 */
export function webSocketFrame(message: Uint8Array, masked: boolean): Uint8Array {
  const lengthBytes = message.length < 126 ? 0 : 2
  const headerBytes = 2 + lengthBytes + (masked ? maskBytes : 0)
  if (message.byteOffset < headroomBytes) return copied(message, headerBytes, masked)
  const frame = new Uint8Array(message.buffer, message.byteOffset - headerBytes, headerBytes + message.length)
  writeHeader(frame, message.length, masked)
  return frame
}

/** Unsequenced messages are short and have no headroom. */
function copied(message: Uint8Array, headerBytes: number, masked: boolean): Uint8Array {
  const frame = new Uint8Array(headerBytes + message.length)
  writeHeader(frame, message.length, masked)
  frame.set(message, headerBytes)
  return frame
}

function writeHeader(frame: Uint8Array, length: number, masked: boolean): void {
  frame[0] = finBinary
  const mask = masked ? maskBit : 0
  let at = 2
  if (length < 126) {
    frame[1] = mask | length
  } else {
    frame[1] = mask | 126
    frame[2] = length >>> 8
    frame[3] = length
    at = 4
  }
  if (masked) frame.fill(0, at, at + maskBytes)
}
