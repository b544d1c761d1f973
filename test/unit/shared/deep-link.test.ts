import { expect, test } from 'vitest'
import { parseDeepLink } from '#shared/deep-link.ts'

test.each([
  ['jetway://add?relay=https://relay.example.com', 'https://relay.example.com'],
  ['jetway://add/?relay=https%3A%2F%2Frelay.example.com%2F', 'https://relay.example.com'],
  ['JETWAY://add?relay=https://Relay.Example.com:8443', 'https://relay.example.com:8443'],
  ['jetway://add?relay=http://127.0.0.1:8443', 'http://127.0.0.1:8443'],
  ['jetway://add?relay=http://[::1]:8443/', 'http://[::1]:8443'],
])('%s names a relay', (link, relayUrl) => {
  expect(parseDeepLink(link)).toEqual({ relayUrl })
})

test.each([
  ['another action', 'jetway://remove?relay=https://relay.example.com'],
  ['another scheme', 'https://add?relay=https://relay.example.com'],
  ['something more', 'jetway://add?relay=https://relay.example.com&name=prod'],
  ['something before', 'jetway://add?name=prod&relay=https://relay.example.com'],
  ['a fragment', 'jetway://add?relay=https://relay.example.com#x'],
  ['no encryption', 'jetway://add?relay=http://relay.example.com'],
  ['a name that begins as loopback', 'jetway://add?relay=http://127.0.0.1.example.com'],
  ['a user', 'jetway://add?relay=https://relay.example.com@evil.example'],
  ['a path', 'jetway://add?relay=https://relay.example.com/evil'],
  ['a query', 'jetway://add?relay=https%3A%2F%2Frelay.example.com%3Fx'],
  ['a program', 'jetway://add?relay=file:///etc/passwd'],
  ['a script', 'jetway://add?relay=javascript:alert(1)'],
  ['letters of elsewhere', 'jetway://add?relay=https://r%D0%B5lay.example.com'],
  ['backslashes', 'jetway://add?relay=https:\\\\relay.example.com'],
  ['encoded twice', 'jetway://add?relay=https%253A%252F%252Frelay.example.com'],
  ['a broken encoding', 'jetway://add?relay=https://relay.example.com%'],
  ['a number that is an address', 'jetway://add?relay=http://2130706433'],
  ['a line', 'jetway://add?relay=https://relay.example.com\n'],
  ['nothing', 'jetway://add?relay='],
  ['an argument', '--relay=https://relay.example.com'],
])('%s is refused', (_what, link) => {
  expect(parseDeepLink(link)).toBeNull()
})

test('a link is as long as 2048 characters', () => {
  const link = (chars: number) => `jetway://add?relay=https://${'a'.repeat(chars - 27)}`
  expect(link(2048)).toHaveLength(2048)
  // As a host name it is far too long, and read all the same: the relay will not be found.
  expect(parseDeepLink(link(2048))).not.toBeNull()
  expect(parseDeepLink(link(2049))).toBeNull()
})
