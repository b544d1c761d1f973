import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { plainly, randomOperation, randomPolicy } from '../../../support/plain-policy.ts'
import { person, policyOf, someTime } from '../../../support/policy.ts'
import { pick, seeded } from '../../../support/random.ts'
import type { Someone } from '../../../support/someone.ts'
import { startWaysIn } from '../../../support/ways-in.ts'

/** The ways whose principals say when, and how strongly, someone signed in: nobody else does. */
const knowsSignIn = /^(OpenID Connect|SAML|a header)/

let site: Awaited<ReturnType<typeof startWaysIn>>
beforeAll(async () => {
  site = await startWaysIn()
})
afterAll(() => site?.close())
beforeEach(() => {
  // The policies are of that day.
  vi.useFakeTimers({ toFake: ['Date'], now: someTime })
})
afterEach(() => {
  vi.useRealTimers()
})

const words = ['data-eng', 'größe\\', 'fin "x"', 'z\u0301\u0323', '數據', 'مجموعة', '\u{1f680} ops', 'a&b<c>']
const traps = [
  'constructor',
  'toString',
  'Group::"all"',
  '*',
  "o'brien",
  'Data-Eng',
  'DATA-ENG',
  'x'.repeat(256),
]
const groups = [...words, ...traps]
const alphabet = [...'abcXYZ019 .-_:/|', 'ß', 'é', '數', '\u{1f680}', '\u0301']

function randomSomeone(random: () => number): Someone {
  const subject = Array.from({ length: 1 + Math.floor(random() * 40) }, () => pick(random, alphabet)).join('')
  const few = groups.filter(() => random() < 0.3)
  const many = Array.from({ length: 1 + Math.floor(random() * 99) }, (_, i) => `g${i}`)
  // For persons: nobody writes as many into a configuration.
  const lots = Array.from({ length: 500 }, (_, i) => `g${i}`)
  return {
    kind: pick(random, ['person', 'machine']),
    subject: `s${subject}e`,
    email: pick(random, ['ana@example.com', 'Ana+x@EXAMPLE.com', 'a@b@c', 'ünï@example.com', null]),
    groups: pick(random, [few, few, few, [...many, ...few].slice(0, 100), [...lots, ...few], [], null]),
    authTime: random() < 0.2 ? null : someTime / 1000 - pick(random, [0, 60, 61, 3600, 3601, 50_000]),
    acr: pick(random, [null, 'pwd', 'mfa', 'phr']),
  }
}

/** What a way should make of someone, as far as a decision depends on it. */
function plainPrincipal({ kind, groups: own, authTime, acr }: Someone, way: string): Principal {
  const someone = { ...person(...(own ?? [])), kind }
  if (!knowsSignIn.test(way)) return someone
  return { ...someone, authTime, authentication: { ...someone.authentication, acr } }
}

const reached = new Map<string, Set<string>>()

test.each([1, 2, 3, 4])(
  'whichever way someone comes, what they may is what a plain table says (seed %i)',
  async (seed) => {
    const random = seeded(seed)
    for (let i = 0; i < 12; i += 1) {
      const someone = randomSomeone(random)
      const policies = [1, 2, 3].map(() => {
        const config = policyConfig.parse(randomPolicy(random, [...groups, 'g0', 'g98']))
        return { config, policy: policyOf(config) }
      })
      const asked = Array.from({ length: 20 }, () => randomOperation(random))
      for (const [way, { takes, principalOf }] of Object.entries(site.ways)) {
        if (!takes(someone)) continue
        const at = `seed ${seed}, ${i}: ${way}, ${JSON.stringify(someone)}`
        const principal = await principalOf(someone).catch((error) => {
          throw new Error(`${at}: ${error.cause ?? error}`, { cause: error })
        })
        const plain = plainPrincipal(someone, way)
        expect([principal.kind, [...principal.groups].sort()], at).toEqual([
          plain.kind,
          [...plain.groups].sort(),
        ])
        for (const { config, policy } of policies) {
          for (const { what, more } of asked) {
            const { effect } = policy.authorize(principal, what, more)
            const expected = plainly(config, plain, what, more) ? 'allow' : 'deny'
            if (effect !== expected)
              expect.fail(
                `${at}: ${effect} of ${what.operation.verb} ${JSON.stringify([what.resource, more])} under ${JSON.stringify(config)}`,
              )
            reached.set(way, (reached.get(way) ?? new Set()).add(effect))
          }
        }
      }
    }
  },
)

test('of every way there were some who may and some who may not', () => {
  expect(Object.fromEntries([...reached].map(([way, effects]) => [way, [...effects].sort()]))).toEqual(
    Object.fromEntries(Object.keys(site.ways).map((way) => [way, ['allow', 'deny']])),
  )
})
