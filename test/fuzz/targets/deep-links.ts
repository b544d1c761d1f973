import assert from 'node:assert/strict'
import { parseDeepLink } from '#shared/deep-link.ts'
import { isLoopback } from '#shared/loopback.ts'
import { ascii, type Target } from '../target.ts'

/** A link that any page may open: what comes out is an origin that stands in the link as a person reads it. */
export const deepLinks: Target = {
  name: 'deep-links',
  seeds: [
    'jetway://add?relay=https://relay.example.com',
    'jetway://add/?relay=https%3A%2F%2Frelay.example.com%3A8443%2F',
    'jetway://add?relay=http://[::1]:8443',
  ].map(ascii),
  words: [
    'jetway://',
    'add?relay=',
    'https://',
    'http://',
    'https:',
    '%2F',
    '%',
    '%00',
    '@',
    '\\',
    '#',
    '?',
    '&',
    '..',
    '127.0.0.1',
    'localhost',
    '[::1]',
    ':0',
    '\n',
    ' ',
    '\xe9',
    '%E2%80%AE',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => /[^a-z0-9]/i.test(String.fromCharCode(input[at] ?? 0))),
  run(input) {
    const link = Buffer.from(input).toString('latin1')
    const read = parseDeepLink(link)
    if (read === null) return
    const { origin, protocol, hostname, username, password } = new URL(read.relayUrl)
    assert.equal(read.relayUrl, origin)
    assert.ok(protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)))
    assert.equal(username + password, '')
    assert.ok(decodeURIComponent(link).toLowerCase().includes(origin), 'it reads as another one')
    assert.match(link, /^[!-~]+$/)
    // The same link again, written as plainly as can be.
    assert.deepEqual(parseDeepLink(`jetway://add?relay=${origin}`), read)
  },
}
