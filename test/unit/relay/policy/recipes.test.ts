import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { catalogue } from '#shared/airflow/catalogue.ts'
import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import { policyConfig } from '#shared/config/policy-config.ts'
import { canonicalJson } from '../../../../relay/audit/conf-digest.ts'
import type { Decision } from '../../../../relay/policy/decision.ts'
import { cedarMistakes, policyMistakes } from '../../../../relay/policy/mistakes.ts'
import { agent, machine, person, policyOf, someTime } from '../../../support/policy.ts'

/** Every recipe of docs/policy.md does what its cases say. */
const guide = readFileSync(join(import.meta.dirname, '../../../../docs/policy.md'), 'utf8')
const recipes = guide.split(/^### (?=\d)/m).slice(1)

interface Case {
  readonly as: { readonly groups: string[]; readonly kind?: 'person' | 'machine' | 'agent' }
  readonly do: string
  readonly dag?: string
  readonly name?: string
  readonly service?: string
  readonly tags?: string[] | null
  readonly conf?: Record<string, unknown>
  readonly at?: string
  readonly from?: string
  readonly authAgeSeconds?: number | null
  readonly expect: 'allow' | 'deny'
  readonly because?: string
}

test('there are ten', () => {
  expect(recipes.map((recipe) => Number.parseInt(recipe, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

describe.each(recipes.map((recipe) => [recipe.split('\n', 1)[0] as string, recipe] as const))(
  '%s',
  (_title, recipe) => {
    const [configText = '', casesText = ''] = blocks(recipe, 'yaml')
    const config = policyConfig.parse(parse(configText).policy)
    const files = blocks(recipe, 'cedar').map((text) => ({ name: 'rules.cedar', text }))
    const cases: Case[] = parse(casesText).cases

    test('has no mistake, and cases of both kinds', () => {
      expect([...policyMistakes(config), ...cedarMistakes(config, files)]).toEqual([])
      expect(new Set(cases.map((one) => one.expect))).toEqual(new Set(['allow', 'deny']))
    })

    test.each(cases.map((one) => [JSON.stringify(one), one] as const))('%s', (_text, one) => {
      const decision = decide(policyOf(config, files), one)
      expect(decision.effect).toBe(one.expect)
      const why = decision.effect === 'deny' ? [...decision.policies, decision.error.code] : decision.policies
      if (one.because !== undefined) expect(why).toContain(one.because)
    })
  },
)

function decide(
  policy: ReturnType<typeof policyOf>,
  one: Case,
): Pick<Decision, 'effect' | 'policies'> & Decision {
  const time = one.at === undefined ? someTime : Date.parse(one.at)
  const someone = { person, machine, agent }[one.as.kind ?? 'person'](...one.as.groups)
  const { authAgeSeconds = null } = one
  const principal = {
    ...someone,
    authTime: authAgeSeconds === null ? null : time / 1000 - authAgeSeconds,
  }
  const more = { time, sourceIp: one.from ?? null }
  if (one.service !== undefined) return policy.connect(principal, one.service, more) as Decision
  const operation = catalogue.find(({ verb }) => verb === one.do)
  if (!operation) throw new Error(`no operation has the verb ${one.do}`)
  const what: ResolvedOperation = {
    operation,
    resource: { dag: one.dag ?? null, run: null, task: null, name: one.name ?? null },
  }
  const conf = one.conf && {
    present: true,
    bytes: canonicalJson(one.conf).length,
    keys: Object.keys(one.conf),
  }
  return policy.authorize(principal, what, { ...more, tags: one.tags ?? null, conf: conf ?? null })
}

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block]) => block as string,
  )
}
