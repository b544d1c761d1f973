import { encodeMessage } from '#shared/protocol/message.ts'
import { frameType, messageType, writeU64 } from '#shared/protocol/wire.ts'
import { encodeFrames, framesMessage } from '../encode-frames.ts'
import { SessionLife } from '../session-life.ts'
import { cutsOfSteps, readSteps, step } from '../steps.ts'
import { ascii, join, type Target } from '../target.ts'

const kind = {
  /** A whole message. */
  MESSAGE: 0,
  /** Frames, with the sequence number that is due. */
  FRAMES: 1,
  /** `type u8 | flags u8 | streamId u8 | payload`: a frame with the length and the sequence number that are due. */
  FRAME: 2,
  /** `streamId u8 | size u8`: data, in units of 240 bytes. */
  DATA: 3,
  /** `ahead u8`: everything that was taken is acknowledged, and so many messages of an earlier carrier. */
  ACK: 4,
  /** `count u8`: messages that the carrier takes. */
  TAKE: 5,
  /** `stream u8 | KiB u8`: the owner writes. */
  WRITE: 6,
  /** `stream u8`. */
  END: 7,
  RESET: 8,
  /** `stream u8 | KiB u8`: the owner has passed on so much. */
  CONSUME: 9,
  /** `ms u16`. */
  WAIT: 10,
  DETACH: 11,
  /** `back u8`: a new carrier; the peer has all but so many of the messages that were taken. */
  ATTACH: 12,
  GOAWAY: 13,
  OPEN: 14,
  /** `count u16`: PINGs. */
  FLOOD: 15,
} as const

const open = (id: number, name = 'airflow') =>
  step(kind.FRAME, frameType.OPEN, 0, id, name.length, ascii(name))
const windowOf = (offset: number) => {
  const payload = new Uint8Array(8)
  writeU64(payload, 0, offset)
  return payload
}

/** Its window grows as far as it can, is filled, and the stream ends before anyone has taken what is in it. */
const hoard = (id: number) =>
  join(
    open(id),
    ...Array.from({ length: 6 }, () =>
      join(step(kind.DATA, id, 68), step(kind.CONSUME, id, 255), step(kind.TAKE, 9), step(kind.ACK)),
    ),
    ...Array.from({ length: 4 }, () => step(kind.DATA, id, 68)),
    step(kind.FRAME, frameType.DATA, 1, id),
  )

/** A relay's session and a client that may do anything, with an owner who is sometimes slow. */
export const session: Target = {
  name: 'session',
  seeds: [
    join(
      open(1),
      step(kind.DATA, 1, 4),
      step(kind.CONSUME, 1, 4),
      step(kind.WRITE, 1, 8),
      step(kind.TAKE, 9),
    ),
    join(
      open(1),
      step(kind.WRITE, 1, 40),
      step(kind.TAKE, 9),
      step(kind.FRAME, frameType.WINDOW, 0, 1, windowOf(100_000)),
      step(kind.TAKE, 1),
      step(kind.DETACH),
      step(kind.ATTACH, 1),
      step(kind.TAKE, 9),
      step(kind.ACK),
      step(kind.FRAME, frameType.DATA, 1, 1),
      step(kind.END, 1),
      step(kind.TAKE, 9),
    ),
    join(
      step(
        kind.FRAMES,
        encodeFrames([
          { type: frameType.OPEN, streamId: 1, service: 'a', data: ascii('x'), fin: true },
          { type: frameType.OPEN, streamId: 3, service: 'b', data: ascii(''), fin: false },
          { type: frameType.RST, streamId: 3, code: 85 },
        ]),
      ),
      step(kind.GOAWAY),
      open(5),
      step(kind.TAKE, 9),
    ),
    join(
      open(1),
      step(kind.WRITE, 1, 16),
      step(kind.TAKE, 9),
      step(kind.ATTACH, 2),
      step(kind.ACK, 1),
      step(kind.TAKE, 9),
      step(kind.ACK),
    ),
    join(step(kind.OPEN), step(kind.TAKE, 9), step(kind.RESET, 2), step(kind.TAKE, 1)),
    join(step(kind.WAIT, 0x13, 0x88), step(kind.TAKE, 1), step(kind.WAIT, 0x20, 0)),
    join(step(kind.FLOOD, 0x10, 0x10)),
    join(...[1, 3, 5, 7, 9].map(hoard)),
    step(kind.MESSAGE, encodeMessage(messageType.AUTH, 0, ascii('token'))),
    step(kind.MESSAGE, framesMessage(0, encodeFrames([{ type: frameType.RST, streamId: 9, code: 1 }]))),
  ],
  words: [
    ...Array.from({ length: 10 }, (_, i) => open(2 * i + 1)),
    ...[1, 3, 5].flatMap((id) => [
      step(kind.DATA, id, 8),
      step(kind.CONSUME, id, 255),
      step(kind.WRITE, id, 64),
      step(kind.END, id),
      step(kind.RESET, id),
      step(kind.FRAME, frameType.DATA, 1, id),
      step(kind.FRAME, frameType.RST, 0, id, 0, 0, 0, 1),
      step(kind.FRAME, frameType.WINDOW, 0, id, windowOf(2 ** 53 - 1)),
    ]),
    step(kind.FRAME, frameType.GOAWAY, 0, 0, new Uint8Array(12)),
    step(kind.TAKE, 255),
    step(kind.ACK),
    step(kind.ACK, 1),
    step(kind.DETACH),
    step(kind.ATTACH, 0),
    step(kind.ATTACH, 2),
    step(kind.WAIT, 0x04, 0),
    step(kind.WAIT, 0xff, 0xff),
    step(kind.MESSAGE, encodeMessage(messageType.ACK, 8)),
    step(kind.MESSAGE, encodeMessage(messageType.PONG, 0, new Uint8Array(8))),
  ],
  cuts: cutsOfSteps,
  run(input) {
    const life = new SessionLife()
    for (const each of readSteps(input)) {
      acts[each.kind % 16]?.(life, each.bytes)
      life.check()
    }
    life.end()
  },
}

const acts: Readonly<Record<number, (life: SessionLife, bytes: Uint8Array) => void>> = {
  [kind.MESSAGE]: (life, bytes) => life.receive(bytes),
  [kind.FRAMES]: (life, bytes) => life.receiveFrames(bytes),
  [kind.FRAME]: (life, bytes) => {
    const [type = 0, flags = 0, id = 0] = bytes
    const payload = bytes.subarray(3)
    const header = Uint8Array.of(type, flags, payload.length >> 8, payload.length, 0, 0, 0, id)
    life.receiveFrames(join(header, payload))
  },
  [kind.DATA]: (life, [streamId = 0, size = 0]) => {
    const data = new Uint8Array(size * 240)
    life.receiveFrames(encodeFrames([{ type: frameType.DATA, streamId, data, fin: false }]))
  },
  [kind.ACK]: (life, [ahead = 0]) => life.acknowledge(ahead),
  [kind.TAKE]: (life, [count = 0]) => life.take(count),
  [kind.WRITE]: (life, [id = 0, size = 0]) => life.stream(id)?.write(new Uint8Array(size * 1024)),
  [kind.END]: (life, [id = 0]) => life.stream(id)?.end(),
  [kind.RESET]: (life, [id = 0]) => life.stream(id)?.reset(),
  [kind.CONSUME]: (life, [id = 0, size = 0]) => life.stream(id)?.consume(size * 1024),
  [kind.WAIT]: (life, [high = 0, low = 0]) => life.wait((high << 8) + low),
  [kind.DETACH]: (life) => life.detach(),
  [kind.ATTACH]: (life, [back = 0]) => life.attach(back),
  [kind.GOAWAY]: (life) => life.goAway(),
  [kind.OPEN]: (life) => life.open(),
  [kind.FLOOD]: (life, [high = 0, low = 0]) => life.flood((high << 8) + low),
}
