import { expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { plainly, randomOperation, randomPolicy } from '../../../support/plain-policy.ts'
import { agent, machine, person, policyOf, someTime } from '../../../support/policy.ts'
import { pick, seeded } from '../../../support/random.ts'

/** Random policies and requests, decided by the compiled Cedar and by a plain reading of the configuration. */
const policies = 100
const requestsEach = 50
const groups = ['data-eng', 'fin "x"', 'all', 'größe\\']

test(`${policies * requestsEach} random requests are decided as a plain reading of the configuration says`, () => {
  const random = seeded(7)
  const effects = { allow: 0, deny: 0 }
  for (let i = 0; i < policies; i += 1) {
    const config = policyConfig.parse(randomPolicy(random, groups))
    const policy = policyOf(config)
    for (let j = 0; j < requestsEach; j += 1) {
      const principal = randomPrincipal(random)
      const { what, more } = randomOperation(random)
      const decision = policy.authorize(principal, what, more)
      const expected = plainly(config, principal, what, more)
      if ((decision.effect === 'allow') !== expected) {
        const at = JSON.stringify({ principal, verb: what.operation.verb, resource: what.resource, more })
        expect.fail(`${decision.effect} of ${at} under ${JSON.stringify(config)}`)
      }
      effects[decision.effect] += 1
    }
    policy.release()
  }
  expect(Math.min(effects.allow, effects.deny)).toBeGreaterThan((policies * requestsEach) / 20)
})

/** Someone, as what is known of a sign-in. */
function randomPrincipal(random: () => number): Principal {
  const own = groups.filter(() => random() < 0.5)
  const authTime =
    random() < 0.2 ? null : someTime / 1000 - pick(random, [0, 60, 61, 3600, 3601, 43_200, 50_000])
  const someone = pick(random, [person, person, machine, agent])(...own)
  const acr = pick(random, [null, 'pwd', 'mfa', 'phr'])
  return { ...someone, authTime, authentication: { ...someone.authentication, acr } }
}
