import assert from 'node:assert/strict'
import type { JWTPayload } from 'jose'
import { isObject } from '../../../relay/ssf/event-subject.ts'
import { securityEventsOf } from '../../../relay/ssf/security-event.ts'
import { SetError } from '../../../relay/ssf/set-error.ts'
import { ascii, type Target } from '../target.ts'

const now = 1_700_000_000
const caep = 'https://schemas.openid.net/secevent/caep/event-type/'
const seed = (sub_id: object, events: object) => ascii(JSON.stringify({ jti: 'a', iat: now, sub_id, events }))

/** The claims of an event, of a provider that is who it says: refused, or whom and what it is about. */
export const securityEvents: Target = {
  name: 'security-events',
  seeds: [
    seed(
      { format: 'iss_sub', iss: 'https://id', sub: 'ana' },
      { [`${caep}session-revoked`]: { event_timestamp: now } },
    ),
    seed(
      {
        format: 'complex',
        user: { format: 'email', email: 'a@b.c' },
        session: { format: 'opaque', id: 's' },
      },
      { [`${caep}credential-change`]: { change_type: 'update' } },
    ),
    seed({ format: 'aliases', identifiers: [{ format: 'opaque', id: 'x' }] }, { x: {} }),
  ],
  words: [
    '"format"',
    '"user"',
    '"session"',
    '"__proto__"',
    '"constructor"',
    '1e999',
    '-1',
    'null',
    '[]',
    '{}',
    '""',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => [0x2c, 0x3a, 0x7b, 0x7d].includes(input[at] as number)),
  run(input) {
    let claims: unknown
    try {
      claims = JSON.parse(Buffer.from(input).toString())
    } catch {
      return
    }
    if (!isObject(claims)) return
    try {
      const { id, issuedAt, events } = securityEventsOf(claims as JWTPayload, now)
      assert.ok(id.length > 0 && id.length <= 256 && Number.isSafeInteger(issuedAt))
      assert.ok(events.length > 0 && events.length <= 10)
      for (const { at, does, subject } of events) {
        assert.ok(Number.isSafeInteger(at) && at <= issuedAt)
        assert.ok(['revoke', 'end', 'restore', 'nothing'].includes(does))
        for (const { kind, who } of subject) {
          assert.ok(kind === 'person' || kind === 'session')
          assert.ok(who.length > 0 && who.length <= 512)
        }
      }
    } catch (error) {
      assert.ok(error instanceof SetError)
    }
  },
}
