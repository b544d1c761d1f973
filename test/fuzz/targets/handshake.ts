import assert from 'node:assert/strict'
import { encodeChallenge, parseChallenge } from '#shared/protocol/challenge.ts'
import {
  encodeHello,
  encodeResume,
  encodeResumed,
  encodeWelcome,
  parseFirst,
  parseResumed,
  parseWelcome,
} from '#shared/protocol/handshake.ts'
import { encodeMessage, type Message, parseMessage } from '#shared/protocol/message.ts'
import { messageHeaderBytes, messageType } from '#shared/protocol/wire.ts'
import { ascii, orRefused, type Target } from '../target.ts'

const limits = { streams: 256, windowBytes: 262_144, opensPerSecond: 1000 }
const session = 'A'.repeat(22)
const key = 'B'.repeat(43)
const payloadOf = (message: Uint8Array) => message.subarray(messageHeaderBytes)

const structure = new Set('{}[]:,'.split('').map((c) => c.charCodeAt(0)))

/** The JSON of handshakes, read as each of them: refused, or a value that survives being sent on. */
export const handshake: Target = {
  name: 'handshake',
  seeds: [
    encodeHello({
      versions: [1],
      client: { name: 'jetway', version: '0.1.0' },
      services: [{ name: 'airflow', localPort: 8080 }],
      limits,
    }),
    encodeWelcome({ version: 1, session, secret: key, keepSeconds: 90, expires: 1_800_000_000, limits }),
    encodeResume({ session, epoch: 1, received: 2 ** 40, proof: key }),
    encodeResumed({ received: 7, expires: 1_800_000_000 }),
    encodeChallenge({ code: 'SIGN_IN_TOO_WEAK', detail: 'x', acrValues: 'phr mfa', maxAge: null }),
  ].map(payloadOf),
  words: [
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    ':null',
    ':true',
    ':-0',
    ':0',
    ':0.5',
    ':-1',
    ':1e3',
    ':1e999',
    ':9007199254740991',
    ':9007199254740992',
    ':65536',
    '\\ud800',
    '\\u0000',
    '"__proto__":{},',
    '"constructor":1,',
    '"versions":[1,2],',
    '"limits":{},',
    '\xef\xbb\xbf',
    '\xed\xa0\x80',
    '\xff',
    '[[[[[[[[[[[[[[[[',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => structure.has(input[at] as number)),
  run(payload) {
    for (const type of [
      messageType.HELLO,
      messageType.WELCOME,
      messageType.RESUME,
      messageType.RESUMED,
    ] as const) {
      const message = parseMessage(encodeMessage(type, 0, payload))
      survives(message, parseFirst, (value) =>
        'hello' in value ? encodeHello(value.hello) : encodeResume(value.resume),
      )
      survives(message, parseWelcome, encodeWelcome)
      survives(message, parseResumed, encodeResumed)
      survives(message, parseChallenge, encodeChallenge)
    }
  },
}

function survives<T>(message: Message, parse: (m: Message) => T, encode: (value: T) => Uint8Array): void {
  const value = orRefused(['PROTOCOL_ERROR', 'VERSION_UNSUPPORTED'], () => parse(message))
  if (value === null) return
  const sent = encode(value)
  assert.deepEqual(encode(parse(parseMessage(sent))), sent)
}
