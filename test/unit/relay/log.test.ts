import { expect, test } from 'vitest'
import { createLog } from '../../../relay/log.ts'

const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl'

/** The line that something becomes. */
function lineOf(what: object): string {
  const lines: string[] = []
  createLog('info', { write: (line) => void lines.push(line) }).info(what, 'said')
  return lines.join('')
}

test.each([
  ['a header', { authorization: `Bearer ${jwt}` }],
  ['a cookie', { cookie: '_token=s3cret' }],
  ['a token', { token: 's3cret', accessToken: 's3cret' }],
  ['headers', { headers: { 'x-any': 's3cret' }, req: { headers: { cookie: 's3cret' } } }],
  ['a message with a JWT', { err: new Error(`cannot verify ${jwt}`) }],
  ['a message with a header', { err: new Error('sent Authorization: Basic czNjcmV0') }],
  ['an address with a token', { err: new Error('GET https://a.example/x?access_token=s3cret&b=1 failed') }],
  ['an address with a code', { err: new Error('GET https://a.example/x?b=1&code=s3cret failed') }],
  ['an address with a password', { err: new Error('connect https://user:s3cret@a.example') }],
  ['a long message', { err: new Error(`${'token'.repeat(100_000)}=s3cret`) }],
  ['JSON', { err: new Error('answered {"refresh_token":"s3cret","client_secret": "s3cret"}') }],
  [
    'the cause of a cause',
    { err: new Error('a', { cause: new Error('b', { cause: new Error(`c ${jwt}`) }) }) },
  ],
  [
    'what libraries hang on errors',
    { err: Object.assign(new Error('a'), { response: { headers: 's3cret' }, body: 's3cret', config: jwt }) },
  ],
])('%s is not in the log', (_what, said) => {
  const line = lineOf(said)
  expect(line).not.toMatch(/s3cret|czNjcmV0|eyJ/)
  expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'said' })
})

test('what happened is', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8080'), { code: 'ECONNREFUSED' })
  expect(JSON.parse(lineOf({ id: '1', err: new Error('not reached', { cause }) }))).toMatchObject({
    id: '1',
    err: {
      message: 'not reached',
      cause: { message: 'connect ECONNREFUSED 127.0.0.1:8080', code: 'ECONNREFUSED' },
    },
  })
  expect(lineOf({ err: new Error('unexpected "aud" claim value') })).toContain('\\"aud\\" claim value')
})
