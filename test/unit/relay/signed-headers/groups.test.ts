import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BalancedRelay, startBalancedRelay } from '../../../support/balanced-relay.ts'

/** Who is in which group where the provider does not say; and where someone comes from. */
let site: BalancedRelay
beforeAll(async () => {
  site = await startBalancedRelay({
    signedHeaders: {
      'google-iap': {
        members: {
          'data-eng': ['Ana@Example.com', 'accounts.google.com:7'],
          'at-home': ['eve@example.com'],
        },
        forwardedFor: 2,
      },
    },
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'data-eng', role: 'viewer' },
        { group: 'at-home', role: 'viewer', when: { networks: ['192.0.2.0/24', '127.0.0.0/8'] } },
      ],
    },
  })
  site.upstream.answer = (_request, response) => response.end('{}')
})
afterAll(() => site?.close())

async function statusFor(claims: Record<string, unknown>, forwarded: readonly string[] = []) {
  const said = { claims: { groups: undefined, ...claims } }
  const headers = [
    ['x-goog-iap-jwt-assertion', await site.balancers.token('google-iap', said)] as const,
    ...forwarded.map((value) => ['X-Forwarded-For', value] as const),
  ]
  return (await site.ask('google-iap', headers)).status
}

test.each([
  [{ email: 'ana@example.com' }, 200],
  [{ email: 'ANA@example.com' }, 200],
  [{ sub: 'accounts.google.com:7', email: 'other@example.com' }, 200],
  [{ email: 'ana@example.com', email_verified: true }, 200],
  [{ email: 'ana@example.com', email_verified: false }, 403],
  [{ email: 'ana@example.com', email_verified: 'false' }, 403],
  [{ email: 'bob@example.com' }, 403],
  // The provider has left groups out: one of them may be forbidden something.
  [{ email: 'ana@example.com', hasgroups: true }, 403],
  [{ email: 'ana@example.com.evil.example' }, 403],
  [{ sub: 'ana@example.com', email: undefined }, 403],
  [{ sub: 'accounts.google.com:77', email: undefined }, 403],
])('%o: %i', async (claims, status) => {
  expect(await statusFor(claims)).toBe(status)
})

const eve = { email: 'eve@example.com' }
test.each<[readonly string[], number]>([
  [['192.0.2.7, 203.0.113.1'], 200],
  [['192.0.2.7', '203.0.113.1'], 200],
  // What the caller wrote stands before what the balancer wrote.
  [['192.0.2.7, 198.51.100.1, 203.0.113.1'], 403],
  [['198.51.100.1, 203.0.113.1'], 403],
  [['203.0.113.1'], 403],
  [['unknown, 203.0.113.1'], 403],
  [['192.0.2.7:80, 203.0.113.1'], 403],
  [['192.0.2.7 , 203.0.113.1'], 200],
  // The balancer’s own address, here 127.0.0.1, is nobody’s.
  [[], 403],
])('forwarded for %o: %i', async (forwarded, status) => {
  expect(await statusFor(eve, forwarded)).toBe(status)
})
