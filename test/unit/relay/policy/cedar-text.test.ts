import { expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import { likePattern, quoted, setOf } from '../../../../relay/policy/cedar-text.ts'
import { createPolicySet } from '../../../../relay/policy/engine.ts'
import { cedarSchema } from '../../../../relay/policy/schema.ts'
import { person, policyOf, trigger } from '../../../support/policy.ts'
import { pick, seeded } from '../../../support/random.ts'

const characters = [
  ...'ab.-_*\\"\'/`$',
  ...'{}()[]; \n\r\t\0%?+^|',
  '\u00e9',
  'e\u0301',
  '\u{1f600}',
  '\u202e',
  '\ufffd',
  '\u{10ffff}',
  '\ud800',
  '//',
  '\\u{41}',
  '\\*',
  '::"',
]

/** What an attacker would put where only names belong. */
const randomText = (random: () => number, most: number) =>
  Array.from({ length: Math.floor(random() * most) }, () => pick(random, characters)).join('')

const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, '\ufffd')

function holds(condition: string, id: string): boolean {
  const set = createPolicySet([`permit (principal, action, resource) when { ${condition} };`])
  try {
    return (
      set.evaluate({
        principal: { type: 'P', id: 'p' },
        action: { type: 'Action', id: 'a' },
        resource: { type: 'R', id: 'r' },
        context: {},
        entities: [{ uid: { type: 'R', id: 'r' }, attrs: { id: wellFormed(id) }, parents: [] }],
      }).deciding.length > 0
    )
  } finally {
    set.release()
  }
}

test('any text is itself in Cedar, and nothing else', () => {
  const random = seeded(3)
  for (let i = 0; i < 500; i += 1) {
    const [one, other] = [randomText(random, 8), randomText(random, 8)]
    const isSame = wellFormed(one) === wellFormed(other)
    expect(holds(`resource.id == ${quoted(one)}`, one), JSON.stringify(one)).toBe(true)
    expect(holds(`resource.id == ${quoted(one)}`, other), JSON.stringify([one, other])).toBe(isSame)
    expect(holds(`${setOf([other, one])}.contains(resource.id)`, one), JSON.stringify(one)).toBe(true)
  }
})

test('a pattern fits in Cedar what it fits by the obvious matcher', () => {
  const random = seeded(4)
  let fitting = 0
  for (let i = 0; i < 2000; i += 1) {
    const glob = randomText(random, 6)
    // Often something that may fit.
    const text = random() < 0.7 ? glob.replace(/\*/g, () => randomText(random, 4)) : randomText(random, 6)
    const expected = fits([...wellFormed(glob)], [...wellFormed(text)])
    expect(holds(`resource.id like ${likePattern(glob)}`, text), JSON.stringify([glob, text])).toBe(expected)
    if (expected) fitting += 1
  }
  expect(fitting).toBeGreaterThan(400)
})

test('a DAG id of any characters is decided on as it is', () => {
  const policy = policyOf(
    policyConfig.parse({ contact: 'x', grants: [{ group: 'g', role: 'user', dags: ['größe_*'] }] }),
  )
  const effect = (dag: string) => policy.authorize(person('g'), trigger(dag)).effect
  expect(['größe_1', 'größe_"', 'größe_*', 'größe_\u{1f600}'].map(effect)).toEqual(Array(4).fill('allow'))
  expect(['grösse_1', 'gro\u0308ße_1', 'x"größe_', 'GRÖSSE_1', '*', '"', '\u{1f600}'].map(effect)).toEqual(
    Array(7).fill('deny'),
  )
})

test('every policy of a configuration is valid under the published schema', async () => {
  const { validate } = await import('@cedar-policy/cedar-wasm/nodejs')
  const when = {
    who: ['person', 'agent'],
    hours: '22:00-06:00',
    weekdays: ['mon'],
    timezone: 'Europe/Berlin',
    networks: ['10.0.0.0/8', '2001:db8::1'],
    maxAuthenticationAgeMinutes: 60,
    acr: ['urn:example:mfa', 'phr'],
  }
  const whole = { ...when, conf: { maxBytes: 1, keys: [], requiredKeys: ['"'], forbiddenKeys: ['*'] } }
  const scope = { dags: ['a*', '*b'], tags: ['x', '"'], when: whole, until: '2026-12-31' }
  const { policies } = policyOf(
    policyConfig.parse({
      contact: 'x',
      grants: ['viewer', 'user', 'op', 'admin'].flatMap((role) => [
        { group: 'g"', role },
        { group: 'g"', role, ...scope },
      ]),
      connect: [{ group: 'g', services: ['db'], when, until: '2026-12-31' }],
      forbid: [
        { verbs: ['run.*', 'variable.*', 'tcp.connect'], reason: 'x', unless: whole, ...scope },
        { group: 'g', verbs: ['run.trigger'], reason: 'x' },
      ],
    }),
  )
  const modes = ['decide', 'could', 'list'] as const
  const verbs = ['run.trigger', 'variable.read', 'tcp.connect', 'ui.view', 'log.read'] as const
  const texts = policies.flatMap((policy) => [
    policy.cedar,
    ...verbs
      .filter((verb) => policy.verbs.has(verb))
      .flatMap((verb) => modes.flatMap((mode) => policy.ofVerb(verb, mode) ?? [])),
  ])
  for (const staticPolicies of texts) {
    const answer = validate({ schema: cedarSchema(), policies: { staticPolicies } })
    expect(answer, staticPolicies).toMatchObject({ type: 'success', validationErrors: [] })
  }
})

/** Exponential, as it is. */
function fits(glob: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = glob
  if (first === undefined) return text.length === 0
  if (first === '*') return fits(rest, text) || (text.length > 0 && fits(glob, text.slice(1)))
  return text[0] === first && fits(rest, text.slice(1))
}
