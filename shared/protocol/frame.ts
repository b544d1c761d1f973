import { protocolError } from './message.ts'
import {
  frameFlag,
  frameHeaderBytes,
  frameType,
  maxServiceNameBytes,
  readU16,
  readU32,
  readU64,
} from './wire.ts'

export type Frame =
  | {
      readonly type: typeof frameType.OPEN
      readonly streamId: number
      readonly service: string
      readonly data: Uint8Array
      readonly fin: boolean
    }
  | {
      readonly type: typeof frameType.DATA
      readonly streamId: number
      readonly data: Uint8Array
      readonly fin: boolean
    }
  | { readonly type: typeof frameType.WINDOW; readonly streamId: number; readonly offset: number }
  | { readonly type: typeof frameType.RST; readonly streamId: number; readonly code: number }
  | {
      readonly type: typeof frameType.GOAWAY
      readonly streamId: 0
      readonly lastStreamId: number
      readonly code: number
      readonly deadlineMs: number
    }

/**
 * Reads all frames of a FRAMES payload, or none: a batch with one bad frame has no effect at all.
 * Data are views into `payload`.
 *
 * @throws PROTOCOL_ERROR when a frame is cut short, or has a type, flag or length that this version does not know
 */
export function parseFrames(payload: Uint8Array): Frame[] {
  const frames: Frame[] = []
  let at = 0
  while (at < payload.length) {
    if (payload.length - at < frameHeaderBytes) throw protocolError('frame cut short')
    const length = readU16(payload, at + 2)
    const end = at + frameHeaderBytes + length
    if (end > payload.length) throw protocolError('frame cut short')
    frames.push(parseFrame(payload, at, end))
    at = end
  }
  if (frames.length === 0) throw protocolError('no frames')
  return frames
}

function parseFrame(bytes: Uint8Array, start: number, end: number): Frame {
  const type = bytes[start] as number
  const flags = bytes[start + 1] as number
  const streamId = readU32(bytes, start + 4)
  const at = start + frameHeaderBytes
  const finAllowed = type === frameType.DATA || type === frameType.OPEN
  if ((flags & ~(finAllowed ? frameFlag.FIN : 0)) !== 0) throw protocolError(`frame flags ${flags}`)
  if ((streamId === 0) !== (type === frameType.GOAWAY)) throw protocolError('wrong stream id')
  const fin = (flags & frameFlag.FIN) !== 0
  switch (type) {
    case frameType.DATA: {
      if (at === end && !fin) throw protocolError('empty frame')
      return { type, streamId, data: bytes.subarray(at, end), fin }
    }
    case frameType.OPEN: {
      const nameEnd = at + 1 + (bytes[at] ?? 0)
      if (at === end || nameEnd > end || nameEnd === at + 1) throw protocolError('bad service name')
      return {
        type,
        streamId,
        service: readName(bytes, at + 1, nameEnd),
        data: bytes.subarray(nameEnd, end),
        fin,
      }
    }
    case frameType.WINDOW: {
      if (end - at !== 8) throw protocolError('frame of the wrong length')
      const offset = readU64(bytes, at)
      if (offset === null) throw protocolError('offset too large')
      return { type, streamId, offset }
    }
    case frameType.RST: {
      if (end - at !== 4) throw protocolError('frame of the wrong length')
      return { type, streamId, code: readU32(bytes, at) }
    }
    case frameType.GOAWAY: {
      if (end - at !== 12) throw protocolError('frame of the wrong length')
      return {
        type,
        streamId: 0,
        lastStreamId: readU32(bytes, at),
        code: readU32(bytes, at + 4),
        deadlineMs: readU32(bytes, at + 8),
      }
    }
    default:
      throw protocolError(`frame type ${type}`)
  }
}

/** Service names are lower-case ASCII, so that there is one spelling of each. */
function readName(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > maxServiceNameBytes) throw protocolError('bad service name')
  const name = String.fromCharCode(...bytes.subarray(start, end))
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) throw protocolError('bad service name')
  return name
}
