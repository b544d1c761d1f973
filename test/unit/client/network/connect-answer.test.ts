import { expect, test } from 'vitest'
import { maxHeadBytes, readConnectAnswer } from '#client/network/connect-answer.ts'
import { NetworkError } from '#client/network/network-error.ts'
import { pick, seeded } from '../../../support/random.ts'

const read = (text: string) => readConnectAnswer(Buffer.from(text, 'latin1'))

test.each<[string, number]>([
  ['HTTP/1.1 200 Connection established\r\n\r\n', 200],
  ['HTTP/1.0 200 OK\r\nProxy-Agent: x/1.0\r\n\r\n', 200],
  ['HTTP/1.1 200\r\n\r\n', 200],
  ['HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n', 204],
  ['HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="\xfc"\r\n\r\n', 407],
  ['HTTP/1.1 503 x\r\nEmpty:\r\n\r\n', 503],
])('%j', (text, status) => {
  expect(read(text)).toEqual({ status, rest: Buffer.alloc(0) })
})

test.each([
  'SSH-2.0-OpenSSH_9.2\r\n',
  '\x15\x03\x01\x00\x02\x02\x16',
  'h',
  'HTTP/2 200 OK\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 600 x\r\n\r\n',
  'HTTP/1.1 20 x\r\n\r\n',
  'HTTP/1.1  200 x\r\n\r\n',
  'HTTP/1.1 2000\r\n\r\n',
  'HTTP/1.1 200 a\nb\r\n\r\n',
  'HTTP/1.1 200 OK\r\n folded: 1\r\n\r\n',
  'HTTP/1.1 200 OK\r\nname : 1\r\n\r\n',
  'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
  'HTTP/1.1 200 OK\r\nnul: \0\r\n\r\n',
  '\r\n\r\n',
])('%j is no answer', (text) => {
  expect(() => read(text)).toThrow(NetworkError)
})

test('what comes after the head is kept, wherever the bytes are split', () => {
  const head = Buffer.from('HTTP/1.1 200 OK\r\nVia: 1.1 proxy\r\n\r\n')
  const whole = Buffer.concat([head, Buffer.from('\r\n\r\nfirst bytes')])
  for (let length = 0; length <= whole.length; length += 1) {
    const expected = length < head.length ? null : { status: 200, rest: whole.subarray(head.length, length) }
    expect(readConnectAnswer(whole.subarray(0, length))).toEqual(expected)
  }
})

test('a head may be as long as the limit, and no byte longer', () => {
  const around = 'HTTP/1.1 200 OK\r\nX: \r\n\r\n'.length
  const head = (bytes: number) => `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(bytes - around)}\r\n\r\n`
  expect(read(head(maxHeadBytes))).toMatchObject({ status: 200 })
  expect(() => read(head(maxHeadBytes + 1))).toThrow(NetworkError)
  expect(read(head(maxHeadBytes + 1).slice(0, maxHeadBytes - 1))).toBe(null)
  expect(() => read(head(maxHeadBytes * 2).slice(0, maxHeadBytes))).toThrow(NetworkError)
})

test('whatever comes, it is an answer, the wish for more, or a NetworkError, and more bytes do not change it', () => {
  const random = seeded(7)
  const parts = [
    'HTTP/1.1 ',
    '200',
    '407',
    ' ',
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    'A: b',
    ':',
    '\0',
    '\xff',
    'H',
    '9',
  ]
  const outcome = (bytes: Buffer) => {
    try {
      return readConnectAnswer(bytes)?.status ?? null
    } catch (error) {
      expect(error).toBeInstanceOf(NetworkError)
      return 'refused'
    }
  }
  let answers = 0
  for (let round = 0; round < 20_000; round += 1) {
    const start = random() < 0.5 ? 'HTTP/1.1 200 OK\r\n' : ''
    const text = start + Array.from({ length: Math.floor(random() * 8) }, () => pick(random, parts)).join('')
    const bytes = Buffer.from(text, 'latin1')
    let first: string | number | null = null
    for (let length = 0; length <= bytes.length && first === null; length += 1) {
      first = outcome(bytes.subarray(0, length))
    }
    expect(outcome(bytes)).toBe(first)
    if (typeof first === 'number') answers += 1
  }
  expect(answers).toBeGreaterThan(100)
})
