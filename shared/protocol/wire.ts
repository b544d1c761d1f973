/**
 * The wire layout, see docs/protocol.md.
 *
 * ```
 * message   type u8 | flags u8 | reserved u16 = 0 | seq u64 | [ack u64, with ACK flag] | payload
 * frame     type u8 | flags u8 | len u16 | streamId u32 | payload (len bytes)
 * ```
 *
 * All integers are big-endian. A carrier carries whole messages; a message holds whole frames.
 */

/** The protocol version that this code speaks. */
export const protocolVersion = 1

/** WebSocket subprotocol (RFC 6455 §1.9). */
export const webSocketProtocol = 'jetway.1'

/**
 * The carrier's first message may come with the upgrade request, in base64url: it saves a round trip, which counts
 * when a session is resumed.
 */
export const firstMessageHeader = 'jetway-first-message'

/** What a client reaches the relay itself by, inside a session; no configuration can give a service this name. */
export const relayService = 'jetway'

export const messageType = {
  /** Client → relay, first on a carrier: versions, local ports, limits (JSON). Begins a session. */
  HELLO: 0x01,
  /** Relay → client: version, session, secret, limits (JSON). */
  WELCOME: 0x02,
  /** Client → relay, first on a carrier: session, epoch, offset, proof (JSON). Goes on with a session. */
  RESUME: 0x03,
  /** Relay → client: offset, expiry (JSON). */
  RESUMED: 0x04,
  /** Frames; the only sequenced type: `seq` is the offset of the first frame's first byte in the session. */
  FRAMES: 0x10,
  /** `seq` is the offset up to which everything was received. No payload. */
  ACK: 0x11,
  /** Eight opaque bytes, to be sent back in a PONG. */
  PING: 0x12,
  PONG: 0x13,
  /** Client → relay: a new access token of the same principal (UTF-8). */
  AUTH: 0x14,
  /** Relay → client: `seq` is the new expiry in seconds since the epoch. No payload. */
  AUTH_OK: 0x15,
  /** Relay → client: the sign-in with which something that was refused would be allowed (JSON). */
  CHALLENGE: 0x16,
} as const

export const messageFlag = {
  /** FRAMES only: the offset up to which everything was received follows the header. */
  ACK: 0x01,
} as const

export const frameType = {
  /** `nameLen u8 | service name | first data`. */
  OPEN: 0x01,
  DATA: 0x02,
  /** `offset u64`: the receiver takes data of this stream up to here. */
  WINDOW: 0x03,
  /** `code u32`: the stream is over in both directions, see the error table. */
  RST: 0x04,
  /** Stream 0. `lastStreamId u32 | code u32 | deadlineMs u32`: no new streams; old ones may finish. */
  GOAWAY: 0x05,
} as const

export const frameFlag = {
  /** OPEN and DATA: nothing follows in this direction. */
  FIN: 0x01,
} as const

export const messageHeaderBytes = 12
export const ackBytes = 8
export const frameHeaderBytes = 8
/** The largest message that either end may send, header included. */
export const maxMessageBytes = 65_536
/** What a stream may put into a message while others wait; alone it may fill the message. */
export const quantumBytes = 4096
export const maxServiceNameBytes = 64
/** The longest payload of a handshake message or of AUTH. */
export const maxHandshakeBytes = 16_384
export const maxStreamId = 0xffff_ffff

export function writeU16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8
  b[at + 1] = value
}

export function writeU32(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 24
  b[at + 1] = value >>> 16
  b[at + 2] = value >>> 8
  b[at + 3] = value
}

/** `value` is a safe integer: a session moves less than 2^53 bytes. */
export function writeU64(b: Uint8Array, at: number, value: number): void {
  writeU32(b, at, Math.floor(value / 0x1_0000_0000))
  writeU32(b, at + 4, value >>> 0)
}

export function readU16(b: Uint8Array, at: number): number {
  return ((b[at] as number) << 8) | (b[at + 1] as number)
}

export function readU32(b: Uint8Array, at: number): number {
  return (
    (((b[at] as number) << 24) |
      ((b[at + 1] as number) << 16) |
      ((b[at + 2] as number) << 8) |
      (b[at + 3] as number)) >>>
    0
  )
}

/** Null when the number is past 2^53 - 1, which no honest peer reaches. */
export function readU64(b: Uint8Array, at: number): number | null {
  const value = readU32(b, at) * 0x1_0000_0000 + readU32(b, at + 4)
  return Number.isSafeInteger(value) ? value : null
}
