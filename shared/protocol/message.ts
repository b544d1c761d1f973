import { JetwayError } from '../errors/jetway-error.ts'
import {
  ackBytes,
  maxHandshakeBytes,
  maxMessageBytes,
  messageFlag,
  messageHeaderBytes,
  messageType,
  readU16,
  readU64,
  writeU64,
} from './wire.ts'

export interface Message {
  readonly type: number
  readonly seq: number
  /** The piggybacked acknowledgement; null where there is none. */
  readonly ack: number | null
  /** A view into the message, not a copy. */
  readonly payload: Uint8Array
}

const knownTypes: ReadonlySet<number> = new Set(Object.values(messageType))
const payloadLengths: Readonly<Record<number, number>> = {
  [messageType.ACK]: 0,
  [messageType.PING]: 8,
  [messageType.PONG]: 8,
  [messageType.AUTH_OK]: 0,
}

/**
 * Reads one whole message.
 *
 * @throws PROTOCOL_ERROR when it is cut short, too long, or has a type or flag that this version does not know
 */
export function parseMessage(bytes: Uint8Array): Message {
  if (bytes.length < messageHeaderBytes) throw protocolError('message cut short')
  if (bytes.length > maxMessageBytes) throw protocolError('message too long')
  const type = bytes[0] as number
  const flags = bytes[1] as number
  if (!knownTypes.has(type)) throw protocolError(`message type ${type}`)
  if ((flags & ~(type === messageType.FRAMES ? messageFlag.ACK : 0)) !== 0) {
    throw protocolError(`message flags ${flags}`)
  }
  if (readU16(bytes, 2) !== 0) throw protocolError('reserved bits set')
  const seq = readOffset(bytes, 4)
  let at = messageHeaderBytes
  let ack: number | null = null
  if (flags & messageFlag.ACK) {
    if (bytes.length < at + ackBytes) throw protocolError('message cut short')
    ack = readOffset(bytes, at)
    at += ackBytes
  }
  const payload = bytes.subarray(at)
  const wanted = payloadLengths[type]
  if (wanted !== undefined && payload.length !== wanted) throw protocolError('payload of the wrong length')
  if (type !== messageType.FRAMES && payload.length > maxHandshakeBytes) {
    throw protocolError('payload too long')
  }
  return { type, seq, ack, payload }
}

/** An unsequenced message. `seq` means what the type says it means, see {@link messageType}. */
export function encodeMessage(type: number, seq: number, payload: Uint8Array = empty): Uint8Array {
  const bytes = new Uint8Array(messageHeaderBytes + payload.length)
  bytes[0] = type
  writeU64(bytes, 4, seq)
  bytes.set(payload, messageHeaderBytes)
  return bytes
}

export function protocolError(reason: string): JetwayError {
  return new JetwayError('PROTOCOL_ERROR', { reason })
}

function readOffset(bytes: Uint8Array, at: number): number {
  const value = readU64(bytes, at)
  if (value === null) throw protocolError('offset too large')
  return value
}

const empty = new Uint8Array(0)
