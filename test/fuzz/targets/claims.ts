import assert from 'node:assert/strict'
import type { JWTPayload } from 'jose'
import { parseJson } from '#shared/parse-json.ts'
import { findings } from '../../../relay/doctor/finding.ts'
import { examineKeys } from '../../../relay/doctor/keys.ts'
import { principalOf } from '../../../relay/identity/claims.ts'
import { wholeGroups } from '../../../relay/identity/groups.ts'
import { ascii, type Target } from '../target.ts'

/**
 * What a provider signs, and the keys that it publishes: someone whose names and groups can be shown and recorded, or
 * nobody. Groups that are not known are none.
 */
export const claims: Target = {
  name: 'claims',
  seeds: [
    '{"iss":"https://id","sub":"ana","exp":1,"groups":["a","b"],"email":"a@b.c","jti":"j","sid":"s","acr":"1"}',
    '{"sub":"ana","uid":"u","exp":1,"groups":"one","preferred_username":"x"}',
    '{"sub":"ci","client_id":"ci","cid":"ci","exp":1,"auth_time":2}',
    '{"sub":"a","oid":"o","idtyp":"app","_claim_names":{"groups":"src1"},"hasgroups":true}',
    '{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"one","use":"sig"},{"kty":"oct","k":"AA"}]}',
    '{"keys":[{"kty":"EC","x":"-5hwnTZP3ngQQB8NDM1Di3BYTv6bOglIhB-VrDVrV_c","y":"GV3HtMUjYnFCctJUJf796umUT3ScoWYxwPsvQE-5TCo","crv":"P-256","alg":"ES256","kid":"one"}]}',
    '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","alg":"RS256"}]}',
  ].map(ascii),
  words: [
    '"groups"',
    '"_claim_names"',
    '"hasgroups"',
    '"alg"',
    '"HS256"',
    '"sub"',
    '"__proto__"',
    'null',
    '[',
    ']',
    '{',
    '}',
    '\\u0000',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => input[at] === 0x2c),
  run(input) {
    const value = parseJson(Buffer.from(input).toString())
    const { found, say } = findings('x')
    examineKeys(value, { accepted: ['RS256', 'ES256'], path: null }, say)
    assert.ok(found.length > 0)
    for (const { what } of found) assert.ok(what.length < 500 && !/\p{Cc}/u.test(what))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return
    for (const subjectClaim of ['sub', 'uid', 'oid']) readAll(value as JWTPayload, subjectClaim)
  },
}

function readAll(payload: JWTPayload, subjectClaim: string): void {
  let principal: ReturnType<typeof principalOf>
  try {
    principal = principalOf(payload, 'groups', 'identity.oidc', subjectClaim)
  } catch (error) {
    assert.ok(error instanceof Error && error.constructor === Error)
    return
  }
  const { subject, name, email, groups, groupsMissing } = wholeGroups(principal, 2)
  for (const text of [subject, name, ...(email === null ? [] : [email]), ...groups])
    assert.ok(text.length > 0 && text.length <= 256 && !/\p{C}/u.test(text) && text.trim() === text)
  if (groupsMissing !== undefined) assert.equal(groups.length, 0)
  assert.notEqual(groups.length, 2)
}
