import assert from 'node:assert/strict'
import { readConnectAnswer } from '#client/network/connect-answer.ts'
import { NetworkError } from '#client/network/network-error.ts'
import { ascii, type Target } from '../target.ts'

/** A proxy's answer to CONNECT: the same wherever it is cut on its way, and nothing of it is taken for the tunnel's. */
export const connectAnswer: Target = {
  name: 'connect-answer',
  seeds: [
    'HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x01',
    'HTTP/1.0 200 OK\r\nVia: 1.1 proxy\r\nX-Empty:\r\n\r\n',
    'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n<html>',
  ].map(ascii),
  words: [
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\r',
    ' ',
    '\t',
    ':',
    '\0',
    '\x80',
    'HTTP/1.1',
    'HTTP/2 200',
    '200',
    '099',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => input[at] === 0x0a).map((at) => at + 1),
  run(input) {
    const whole = answer(input)
    const isRead = whole !== 'refused' && whole !== null
    const head = isRead ? input.length - whole.rest.length : input.length
    if (isRead) {
      assert.ok(whole.status >= 200 && whole.status <= 599)
      assert.ok(Buffer.from(input.subarray(0, head)).toString('latin1').endsWith('\r\n\r\n'))
      assert.deepEqual(new Uint8Array(whole.rest), input.slice(head))
    }
    for (let cut = 0; cut < input.length; cut += 1 + (input.length >> 7)) {
      const part = answer(input.subarray(0, cut))
      if (part === 'refused') assert.equal(whole, 'refused')
      else if (part !== null) assert.equal(isRead && cut >= head && whole.status, part.status)
      else assert.ok(!isRead || cut < head)
    }
  },
}

function answer(input: Uint8Array): ReturnType<typeof readConnectAnswer> | 'refused' {
  try {
    return readConnectAnswer(Buffer.from(input))
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    return 'refused'
  }
}
