import { expect, test } from 'vitest'
import { redact } from '#shared/redact.ts'

const token = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl'

test.each([
  ['a proxy’s password', 'proxy http://ana:tops3cret@proxy.example:3128 refused', 'tops3cret'],
  ['one with signs of URLs in it', 'proxy http://ana:to/ps3?cr#et@proxy.example:3128', 'ps3'],
  ['a bearer token', 'Authorization: Bearer abcdefgh12345678', 'abcdefgh12345678'],
  ['a proof', 'authorization: DPoP abcdefgh12345678', 'abcdefgh12345678'],
  ['a JSON Web Token', `sent ${token} there`, 'eyJ'],
  ['an access key', 'with jtwy_0123456789abcdefghijABCDEFGHIJ', '0123456789abc'],
  ['a refresh token', '{"refresh_token":"0.AAbb","x":1}', 'AAbb'],
  ['a code on its way back', 'GET /callback?code=s3cr3t&state=xyz', 's3cr3t'],
  ['a state', 'GET /callback?code=s3cr3t&state=xyz99', 'xyz99'],
  ['a cookie', 'Set-Cookie: session=abc', 'abc'],
  ['something long that no one can read', 'value 3f786850e387550fdab836ed7e6dc881de23001b0 ends', '3f7868'],
  ['the home folder', 'in /srv/homes/ana/.local/state', 'ana'],
  ['another’s home folder', 'in /home/bob/x and /Users/carla/y', 'bob'],
  ['one on Windows', String.raw`in C:\Users\dora\AppData and "C:\\Users\\emil\\x"`, 'dora'],
])('%s does not stay', (_what, text, secret) => {
  expect(text).toContain(secret)
  expect(redact(text, '/srv/homes/ana')).not.toContain(secret)
})

test('what helps stays', () => {
  const line =
    '{"time":"2026-01-02T03:04:05.678Z","part":"main","event":"ipc-failed","code":"PORT_TAKEN","state":"connected","port":8080}'
  expect(redact(line, '/home/ana')).toBe(line)
  expect(redact('https://relay.example.com/.well-known/jetway', '/home/ana')).toBe(
    'https://relay.example.com/.well-known/jetway',
  )
  expect(redact('request 6f1c0c5e-6c8c-4a62-9a3b-4c8f0f7a2b11', '/')).toContain('6f1c0c5e')
})

test('long texts take no long time', () => {
  for (const piece of ['a', 'a1', 'eyJ.', 'x://', '/home/', 'token:', 'bearer ', '=']) {
    const started = performance.now()
    redact(piece.repeat(100_000 / piece.length), '/home/ana')
    expect(performance.now() - started, piece).toBeLessThan(5000)
  }
})
