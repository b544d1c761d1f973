import assert from 'node:assert/strict'
import { parseProxy } from '#client/network/proxy-for.ts'
import { waysOfPacAnswer } from '../../../main/proxy/pac-answer.ts'
import { ascii, orRefused, type Target } from '../target.ts'

/** What a PAC file answers, which a network may have handed out: proxies that stand in it, and never a way past them. */
export const pacAnswers: Target = {
  name: 'pac-answers',
  seeds: ['PROXY one:3128; HTTPS two.example:443 ;DIRECT', 'HTTP [::1]:80', 'SOCKS5 one:1080', 'DIRECT'].map(
    ascii,
  ),
  words: [
    ' ',
    '\t',
    '\n',
    ';',
    'DIRECT',
    'direct',
    'PROXY ',
    'HTTPS ',
    'QUIC ',
    'SOCKS ',
    '[::1]',
    '127.0.0.1',
    '0x7f.1',
    ':0',
    ':65536',
    '@',
    'u:p@',
    '/',
    '..',
    '%2f',
    '\\',
    '\x00',
    '\xa0',
    '\xff',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => /[^a-z0-9.]/i.test(String.fromCharCode(input[at] ?? 0))),
  run(input) {
    const answer = Buffer.from(input).toString('latin1')
    const ways = waysOfPacAnswer(answer)
    assert.ok(ways.length > 0, 'nothing said is taken for the right to go past all proxies')
    for (const way of ways) {
      if (way === 'direct') {
        assert.match(answer, /(^|;)\s*direct\s*(;|$)/i)
        continue
      }
      const proxy = orRefused(['CONFIG_INVALID'], () => parseProxy('It', way))
      if (proxy === null) continue
      assert.equal(proxy.authorization, null)
      assert.match(way, /^https?:\/\/[\w.:[\]-]+$/)
      assert.ok(answer.includes(way.slice(way.indexOf('//') + 2)), 'it reads as another one')
    }
  },
}
