import { expect, test } from 'vitest'
import { parseFrames } from '#shared/protocol/frame.ts'
import {
  encodeHello,
  encodeResume,
  encodeResumed,
  encodeWelcome,
  parseFirst,
  parseResumed,
  parseWelcome,
} from '#shared/protocol/handshake.ts'
import { parseMessage } from '#shared/protocol/message.ts'
import { maxMessageBytes } from '#shared/protocol/wire.ts'
import { fromHex, limits } from './pair.ts'

const protocolError = expect.objectContaining({ code: 'PROTOCOL_ERROR' })

const batch = fromHex(`
  0100000800000001 07616972666c6f77
  0201000200000001 6869
  0300000800000001 0000000000010000
  0400000400000003 00000055
  0500000c00000000 00000001 00000040 00007530
`)
const boundaries = [16, 26, 42, 54, batch.length]

test('one batch with every kind of frame', () => {
  expect(parseFrames(batch)).toEqual([
    { type: 1, streamId: 1, service: 'airflow', data: new Uint8Array(0), fin: false },
    { type: 2, streamId: 1, data: new Uint8Array([0x68, 0x69]), fin: true },
    { type: 3, streamId: 1, offset: 65_536 },
    { type: 4, streamId: 3, code: 85 },
    { type: 5, streamId: 0, lastStreamId: 1, code: 64, deadlineMs: 30_000 },
  ])
})

test('cut at every byte: whole frames or PROTOCOL_ERROR, never a part', () => {
  for (let cut = 0; cut < batch.length; cut += 1) {
    const head = batch.subarray(0, cut)
    if (boundaries.includes(cut)) expect(parseFrames(head)).toHaveLength(boundaries.indexOf(cut) + 1)
    else expect(() => parseFrames(head), `cut at ${cut}`).toThrow(protocolError)
  }
})

test('split at every frame boundary: the two parts give the same frames', () => {
  const whole = parseFrames(batch)
  for (const at of boundaries.slice(0, -1)) {
    expect([...parseFrames(batch.subarray(0, at)), ...parseFrames(batch.subarray(at))]).toEqual(whole)
  }
})

test('a message cut at every byte of its header is refused', () => {
  const message = fromHex('100100000000000000000005 0000000000000007 0200000100000001 41')
  expect(parseMessage(message)).toMatchObject({ type: 0x10, seq: 5, ack: 7 })
  for (let cut = 0; cut < 20; cut += 1) {
    expect(() => parseMessage(message.subarray(0, cut)), `cut at ${cut}`).toThrow(protocolError)
  }
})

test.each([
  ['an unknown message type', '200000000000000000000000'],
  ['an unknown flag', '100200000000000000000000'],
  ['an ACK flag on a PING', '120100000000000000000000 0000000000000001'],
  ['reserved bits', '100000010000000000000000'],
  ['a seq past 2^53', '100000000020000000000000'],
  ['a PING without its eight bytes', '120000000000000000000000 00'],
  ['an ACK with a payload', '110000000000000000000000 00'],
])('parseMessage refuses %s', (_, bytes) => {
  expect(() => parseMessage(fromHex(bytes))).toThrow(protocolError)
})

test.each([
  ['an unknown frame type', '0600000000000001'],
  ['an unknown flag', '0202000100000001 41'],
  ['FIN on a WINDOW', '0301000800000001 0000000000000001'],
  ['stream 0', '0200000100000000 41'],
  ['a GOAWAY on a stream', '0500000c00000001 000000010000004000007530'],
  ['DATA with nothing in it', '0200000000000001'],
  ['an OPEN without a name', '0100000000000001'],
  ['an OPEN with an empty name', '0100000100000001 00'],
  ['an OPEN with a name longer than the frame', '0100000200000001 0561'],
  ['a name in upper case', '0100000200000001 0141'],
  ['a WINDOW of seven bytes', '0300000700000001 00000000000001'],
  ['a WINDOW past 2^53', '0300000800000001 0020000000000000'],
  ['an RST of five bytes', '0400000500000001 0000000001'],
])('parseFrames refuses %s', (_, bytes) => {
  expect(() => parseFrames(fromHex(bytes))).toThrow(protocolError)
})

test('the longest message is taken, one byte more is not', () => {
  const message = new Uint8Array(maxMessageBytes + 1)
  message[0] = 0x10
  expect(parseMessage(message.subarray(0, maxMessageBytes)).payload.length).toBe(maxMessageBytes - 12)
  expect(() => parseMessage(message)).toThrow(protocolError)
})

test('random bytes never do anything but PROTOCOL_ERROR', () => {
  let state = 42
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  }
  for (let i = 0; i < 20_000; i += 1) {
    const bytes = Uint8Array.from({ length: random() % 64 }, random)
    if (i % 2) bytes.set([0x10, 0, 0, 0].slice(0, bytes.length))
    try {
      const message = parseMessage(bytes)
      if (message.type === 0x10) parseFrames(message.payload)
    } catch (error) {
      expect(error).toEqual(protocolError)
    }
  }
})

const hello = {
  versions: [1],
  client: { name: 'jetway', version: '0.1.0' },
  services: [{ name: 'airflow', localPort: 8080 }],
  limits,
}
const welcome = {
  version: 1 as const,
  session: 'A'.repeat(22),
  secret: 'B'.repeat(43),
  keepSeconds: 90,
  expires: 1_800_000_000,
  limits,
}
const resume = { session: 'A'.repeat(22), epoch: 1, received: 2 ** 40, proof: 'C'.repeat(43) }
const first = (bytes: Uint8Array) => parseFirst(parseMessage(bytes))

test('hello, welcome, resume and resumed survive the way', () => {
  expect(first(encodeHello(hello))).toEqual({ hello })
  expect(parseWelcome(parseMessage(encodeWelcome(welcome)))).toEqual(welcome)
  expect(first(encodeResume(resume))).toEqual({ resume })
  const resumed = { received: 7, expires: 1_800_000_000 }
  expect(parseResumed(parseMessage(encodeResumed(resumed)))).toEqual(resumed)
})

test('a hello of another version is refused as such', () => {
  expect(() => first(encodeHello({ ...hello, versions: [2] }))).toThrow(
    expect.objectContaining({ code: 'VERSION_UNSUPPORTED' }),
  )
})

test.each([
  ['an unknown member', encodeHello({ ...hello, surprise: true } as typeof hello)],
  ['a window too small', encodeHello({ ...hello, limits: { ...limits, windowBytes: 1 } })],
  ['a port past the last', encodeHello({ ...hello, services: [{ name: 'a', localPort: 65_536 }] })],
  ['a welcome in place of a hello', encodeWelcome(welcome)],
  ['epoch 0', encodeResume({ ...resume, epoch: 0 })],
  ['an offset that is no integer', encodeResume({ ...resume, received: 0.5 })],
  ['a proof of another length', encodeResume({ ...resume, proof: 'C'.repeat(42) })],
  ['a session that is no id', encodeResume({ ...resume, session: '../../../../../../../..' })],
])('as a first message %s is refused', (_, bytes) => {
  expect(() => first(bytes)).toThrow(protocolError)
})
