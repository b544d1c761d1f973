import type { Frame } from '#shared/protocol/frame.ts'
import {
  frameFlag,
  frameHeaderBytes,
  frameType,
  messageHeaderBytes,
  messageType,
  writeU16,
  writeU32,
  writeU64,
} from '#shared/protocol/wire.ts'
import { ascii, join } from './target.ts'

/** Frames as bytes, apart from how the session writes them: each has one form. */
export function encodeFrames(frames: readonly Frame[]): Uint8Array {
  return join(...frames.map((frame) => encodeFrame(frame)))
}

/** A FRAMES message without an acknowledgement. */
export function framesMessage(seq: number, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(messageHeaderBytes)
  header[0] = messageType.FRAMES
  writeU64(header, 4, seq)
  return join(header, payload)
}

function encodeFrame(frame: Frame): Uint8Array {
  const payload = payloadOf(frame)
  const header = new Uint8Array(frameHeaderBytes)
  header[0] = frame.type
  header[1] = 'fin' in frame && frame.fin ? frameFlag.FIN : 0
  writeU16(header, 2, payload.length)
  writeU32(header, 4, frame.streamId)
  return join(header, payload)
}

function payloadOf(frame: Frame): Uint8Array {
  switch (frame.type) {
    case frameType.OPEN:
      return join(Uint8Array.of(frame.service.length), ascii(frame.service), frame.data)
    case frameType.DATA:
      return frame.data
    case frameType.WINDOW: {
      const payload = new Uint8Array(8)
      writeU64(payload, 0, frame.offset)
      return payload
    }
    case frameType.RST: {
      const payload = new Uint8Array(4)
      writeU32(payload, 0, frame.code)
      return payload
    }
    case frameType.GOAWAY: {
      const payload = new Uint8Array(12)
      writeU32(payload, 0, frame.lastStreamId)
      writeU32(payload, 4, frame.code)
      writeU32(payload, 8, frame.deadlineMs)
      return payload
    }
  }
}
