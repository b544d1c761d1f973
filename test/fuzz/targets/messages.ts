import assert from 'node:assert/strict'
import { encodeChallenge } from '#shared/protocol/challenge.ts'
import { parseFrames } from '#shared/protocol/frame.ts'
import { encodeMessage, parseMessage } from '#shared/protocol/message.ts'
import {
  ackBytes,
  frameHeaderBytes,
  frameType,
  messageFlag,
  messageHeaderBytes,
  messageType,
  readU16,
  writeU16,
  writeU64,
} from '#shared/protocol/wire.ts'
import { encodeFrames, framesMessage } from '../encode-frames.ts'
import { ascii, join, orRefused, type Target } from '../target.ts'

const data = ascii('hello')
const frames = encodeFrames([
  { type: frameType.OPEN, streamId: 1, service: 'airflow', data, fin: false },
  { type: frameType.DATA, streamId: 1, data, fin: true },
  { type: frameType.WINDOW, streamId: 1, offset: 65_536 },
  { type: frameType.RST, streamId: 3, code: 85 },
  { type: frameType.GOAWAY, streamId: 0, lastStreamId: 1, code: 64, deadlineMs: 30_000 },
])

/** A frame of another length, which its header tells. */
function resized(frame: Uint8Array, change: number): Uint8Array {
  const copy = new Uint8Array(frame.length + change)
  copy.set(frame.subarray(0, copy.length))
  writeU16(copy, 2, copy.length - frameHeaderBytes)
  return copy
}

/** Messages and the frames in them: PROTOCOL_ERROR, or what has exactly this one form. */
export const messages: Target = {
  name: 'messages',
  seeds: [
    framesMessage(0, frames),
    withAck(framesMessage(5, frames), 7),
    encodeMessage(messageType.ACK, 2 ** 40),
    encodeMessage(messageType.PING, 0, new Uint8Array(8)),
    encodeMessage(messageType.PONG, 0, new Uint8Array(8)),
    encodeMessage(messageType.AUTH, 0, ascii('token')),
    encodeMessage(messageType.AUTH_OK, 1_800_000_000),
    encodeChallenge({ code: 'SIGN_IN_TOO_OLD', detail: 'x', acrValues: 'mfa', maxAge: 60 }),
    encodeMessage(messageType.HELLO, 0, ascii('{}')),
  ],
  words: [
    ...parseFrames(frames).flatMap((frame) =>
      [-1, 0, 1].map((change) => resized(encodeFrames([frame]), change)),
    ),
    ...Object.values(messageType).map((type) => Uint8Array.of(type, 0, 0, 0)),
    Uint8Array.of(0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0),
  ],
  cuts(input) {
    const cuts: number[] = []
    let at = messageHeaderBytes + ((input[1] ?? 0) & messageFlag.ACK ? ackBytes : 0)
    while (at + frameHeaderBytes <= input.length) {
      cuts.push(at)
      at += frameHeaderBytes + readU16(input, at + 2)
    }
    return cuts.filter((cut) => cut <= input.length)
  },
  run(input) {
    const message = orRefused(['PROTOCOL_ERROR'], () => parseMessage(input))
    if (message === null) return
    const { type, seq, ack, payload } = message
    if (type !== messageType.FRAMES) {
      assert.deepEqual(encodeMessage(type, seq, payload), input)
      return
    }
    const parsed = orRefused(['PROTOCOL_ERROR'], () => parseFrames(payload))
    if (parsed === null) return
    const again = framesMessage(seq, encodeFrames(parsed))
    assert.deepEqual(ack === null ? again : withAck(again, ack), input)
  },
}

function withAck(message: Uint8Array, offset: number): Uint8Array {
  const ack = new Uint8Array(ackBytes)
  writeU64(ack, 0, offset)
  const head = message.slice(0, messageHeaderBytes)
  head[1] = messageFlag.ACK
  return join(head, ack, message.subarray(messageHeaderBytes))
}
