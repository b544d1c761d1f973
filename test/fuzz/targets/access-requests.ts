import assert from 'node:assert/strict'
import { accessRequestAsk, accessRequestDecision, accessRequests } from '#shared/ipc/access-requests.ts'
import { AccessRequestsReader } from '#shared/ipc/access-requests-lines.ts'
import { parseJson } from '#shared/parse-json.ts'
import { accessRequestRoute } from '../../../relay/http/handlers/access-requests.ts'
import { accessRequest } from '../../support/access-requests.ts'
import { ascii, orRefused, type Target } from '../target.ts'

const id = '1f0c9a2e-0000-4000-8000-000000000000'
const request = accessRequest({
  id,
  state: 'approved',
  askedAt: '2026-11-25T10:30:00.000Z',
  until: '2026-11-25T10:40:00.000Z',
})
const told = { requestable: [], mine: [request], toDecide: [], omitted: 0 }
const line = (value: object) => `${JSON.stringify(value)}\n`

/**
 * Requests for access, both ways: what a relay tells is read the same however it is cut, and fits its schema; what a client
 * asks of the relay goes to one of its paths in one form, or nowhere.
 */
export const accessRequestTexts: Target = {
  name: 'access-requests',
  seeds: [
    line(told),
    line(told) + line({ ...told, mine: [] }),
    line({ policy: request.policy, reason: 'Stuck.', seconds: 600 }),
    line({ decision: 'deny', note: 'No.' }),
    `/access-requests/${id}/decision`,
    `/access-requests/${id}/end`,
  ].map(ascii),
  words: [
    '\n',
    '{',
    '}',
    '"mine":',
    '"__proto__":',
    'null',
    '1e99',
    '\\u0000',
    '\\ud800',
    '%2e',
    '..',
    '/',
    '\xff',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => input[at] === 0x0a).map((at) => at + 1),
  run(input) {
    const whole = readIn([input])
    const cut = input.length >> 1
    assert.deepEqual(readIn([input.subarray(0, cut), input.subarray(cut)]), whole)
    for (const one of whole ?? []) assert.deepEqual(accessRequests.parse(one), one)
    const text = Buffer.from(input).toString('latin1')
    const body = parseJson(text)
    const asked = accessRequestAsk.safeParse(body)
    if (asked.success) assert.ok(asked.data.reason.length <= 500 && asked.data.seconds > 0)
    assert.ok(!asked.success || !accessRequestDecision.safeParse(body).success)
    for (const method of ['GET', 'POST']) {
      const route = accessRequestRoute(method, text)
      if (route && 'id' in route) assert.equal(text, `/access-requests/${route.id}/${route.to}`)
    }
  },
}

function readIn(pieces: readonly Uint8Array[]) {
  return orRefused(['PROTOCOL_ERROR'], () => {
    const reader = new AccessRequestsReader()
    return pieces.flatMap((piece) => reader.push(piece))
  })
}
