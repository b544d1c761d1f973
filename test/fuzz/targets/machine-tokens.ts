import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { matchesClaim } from '../../../relay/identity/claim-pattern.ts'
import { hasDuplicateNames } from '../../../relay/identity/duplicate-names.ts'
import { idOfAccessKey } from '../../../relay/oauth/access-key.ts'
import { clientSecretOf } from '../../../relay/oauth/client-secret.ts'
import { OAuthError } from '../../../relay/oauth/oauth-error.ts'
import { ascii, type Target } from '../target.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

/** What a machine brings: the JSON of a token's claims, patterns and values of claims, a key, an Authorization header. */
export const machineTokens: Target = {
  name: 'machine-tokens',
  seeds: [
    '{"iss":"https://ci","sub":"repo:acme/dags:ref:refs/heads/main","aud":["a"],"repository":"acme/dags"}',
    '{"a":{"b":[1,{"c":"\\"x\\":","c2":null}]},"d":"\\u0061","e":true,"__proto__":{}}',
    '{"a":1,"a":2}',
    '{"sub":1,"\\u0073ub":2}',
    'repo:acme/*:ref:refs/heads/*|repo:acme/dags:ref:refs/heads/main',
    '*a*b*|xaybz',
    'jtwy_0123456789ABabcdefghijklmnopqrstuvwxyz01234567890000',
    basic('client:secret'),
    basic('cl%3Aient:sec%ret+x'),
    'Basic !',
  ].map(ascii),
  words: [
    '"',
    '\\',
    '\\u',
    '\\u0061',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '*',
    '/',
    '|',
    '%',
    '%zz',
    '+',
    'jtwy_',
    'Basic ',
    '"a":1,',
  ].map(ascii),
  cuts: (input) =>
    [...input.keys()].filter((at) => '{}[]:,*/|'.includes(String.fromCharCode(input[at] as number))),
  run(input) {
    const text = Buffer.from(input).toString('utf8')
    duplicates(text)
    pattern(text)
    const id = idOfAccessKey(text)
    if (id !== null) assert.match(id, /^[0-9A-Za-z]{12}$/)
    header(Buffer.from(input).toString('latin1'))
  },
}

/** A name that stands twice is one `:` more than there are names. */
function duplicates(text: string): void {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return
  }
  const colons = text.replaceAll(/"(?:[^"\\]|\\.)*"/gs, '').split(':').length - 1
  assert.equal(hasDuplicateNames(text), colons !== namesIn(value))
}

function namesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((sum: number, inner) => sum + namesIn(inner), own)
}

function pattern(text: string): void {
  const [wanted = '', value = ''] = text.split('|')
  const fits = matchesClaim(wanted, value)
  assert.ok(matchesClaim(value.replaceAll('*', 'x'), value.replaceAll('*', 'x')))
  if (!wanted.includes('*')) assert.equal(fits, wanted === value)
  else if (fits) assert.ok(value.startsWith(wanted.split('*', 1)[0] as string))
}

function header(authorization: string): void {
  try {
    const request = { headers: { authorization } } as IncomingMessage
    const { clientId, secret } = clientSecretOf(new Map(), request)
    assert.ok(clientId.length > 0 && secret.length > 0)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
  }
}
