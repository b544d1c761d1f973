import { expect, test } from 'vitest'
import { allVerbs, leastRoleOfVerb } from '#shared/airflow/roles.ts'
import { type PolicyConfig, policyConfig } from '#shared/config/policy-config.ts'
import { ask, operationOf, unknownCircumstances } from '../../../../relay/policy/ask.ts'
import { type AccessChange, compareAccess } from '../../../../relay/policy/compare.ts'
import { wordsOf } from '../../../../relay/policy/comparison-words.ts'
import { compilePolicy, matchesPattern } from '../../../../relay/policy/policy.ts'
import { isOnDags, sampleOf } from '../../../../relay/policy/sample.ts'
import { pick, seeded } from '../../../support/random.ts'

const parse = (grants: unknown[], roles: Record<string, unknown> = {}) =>
  policyConfig.parse({ contact: 'Ask us.', roles, grants })

const trigger = { trigger: { verbs: ['run.trigger'], airflowRole: 'user' } }

function compare(before: PolicyConfig, after: PolicyConfig, together: string[][] = []) {
  return compareAccess(compilePolicy(before), compilePolicy(after), sampleOf(before, after, together))
}

/** What is said of run.trigger, and of all other verbs. */
function said(before: unknown[], after: unknown[]) {
  const { widened, narrowed } = compare(parse(before, trigger), parse(after, trigger))
  const ofTrigger = (changes: readonly AccessChange[]) =>
    wordsOf(changes.filter(({ verb }) => verb === 'run.trigger'))
  return { widened: ofTrigger(widened), narrowed: ofTrigger(narrowed) }
}

const grant = (...dags: string[]) => ({ group: 'data-eng', role: 'trigger', dags })

test.each([
  ['nothing', [grant('a')], [grant('a')], [], []],
  ['another order', [grant('a'), grant('b')], [grant('b', 'a')], [], []],
  ['a new pattern', [grant('etl_*')], [grant('etl_*', 'finance_*')], ['finance_*'], []],
  ['a new grant', [grant('etl_*')], [grant('etl_*'), grant('finance_*')], ['finance_*'], []],
  ['everything', [grant('finance_*')], [grant('*')], ['* (not finance_*)'], []],
  ['no longer everything', [grant('*')], [grant('finance_*')], [], ['* (not finance_*)']],
  ['a wider pattern', [grant('finance_*')], [grant('fin*')], ['fin* (not finance_*)'], []],
  ['one for another', [grant('a*')], [grant('b*')], ['b*'], ['a*']],
  ['an overlap stays', [grant('a*')], [grant('*z')], ['*z (not a*)'], ['a* (not *z)']],
  ['the first grant', [], [grant('x', 'y')], ['x, y'], []],
  ['each DAG and all at once', [grant('**')], [grant('*')], ['~'], []],
])('%s', (_name, before, after, widened, narrowed) => {
  const lines = (dags: readonly string[]) => dags.map((where) => `data-eng: run.trigger on ${where}`)
  expect(said(before, after)).toEqual({ widened: lines(widened), narrowed: lines(narrowed) })
})

test('verbs that are done to no DAG are named without one, all of a resource in short', () => {
  const { widened } = compare(
    parse([]),
    parse([{ group: 'ops', role: 'pools' }], { pools: { verbs: ['pool.*'], airflowRole: 'op' } }),
  )
  const words = wordsOf(widened)
  expect(words).toContain('ops: health.read, pool.*, ui.view, version.read')
})

test('a narrowed grant gives no pools, so nothing is said of them', () => {
  const { widened } = compare(
    parse([]),
    parse([{ group: 'ops', role: 'pools', dags: ['etl'] }], {
      pools: { verbs: ['pool.*'], airflowRole: 'op' },
    }),
  )
  expect(widened.map(({ verb }) => verb)).toEqual(['health.read', 'ui.view', 'version.read'])
})

test('a higher role in Airflow for the same verb widens, a lower one narrows', () => {
  const as = (airflowRole: string) => parse([grant('a')], { trigger: { ...trigger.trigger, airflowRole } })
  const up = compare(as('user'), as('admin'))
  expect(wordsOf(up.widened)).toEqual(['data-eng: run.trigger on a, in Airflow as admin, not user'])
  expect(up.narrowed).toEqual([])
  expect(wordsOf(compare(as('admin'), as('op')).narrowed)).toEqual([
    'data-eng: run.trigger on a, in Airflow as op, not admin',
  ])
})

test('groups together are named only for what none of them has alone', () => {
  const low = { group: 'low', role: 'trigger', dags: ['a'] }
  const high = { group: 'high', role: 'high', dags: ['a'] }
  const roles = { ...trigger, high: { verbs: ['run.trigger'], airflowRole: 'admin' } }
  const [before, after] = [parse([low, high], roles), parse([high], roles)]
  const alone = wordsOf(compare(before, after).widened)
  const together = wordsOf(compare(before, after, [['low', 'high', 'unnamed']]).widened)
  expect(alone).toEqual([])
  expect(together).toEqual(['high + low: run.trigger on a, in Airflow as admin, not user'])
  const lines = wordsOf(compare(parse([]), parse([low, high], roles), [['low', 'high']]).widened)
  expect(lines.filter((line) => line.startsWith('high + low'))).toEqual([])
})

test('where a policy has too many overlaps, it is said for whom', () => {
  const dags = [...'abcdefghijklmno'].map((letter) => `*${letter}*`)
  const { incomplete } = compare(parse([]), parse([{ group: 'g', role: 'trigger', dags }], trigger))
  expect(incomplete).toEqual(['g'])
})

const random = seeded(11)
const ids = [
  'a',
  'b',
  'c',
  'aa',
  'ab',
  'ba',
  'bb',
  'ac',
  'ca',
  'aab',
  'aba',
  'abb',
  'bab',
  'cab',
  'abc',
  'abab',
]
const groups = ['g1', 'g2', 'g3']
const verbs = ['run.trigger', 'dag.read', 'pool.read', 'task.clear'] as const

test('small policies at random: what is said is what asking for every DAG id of a list finds', () => {
  for (let round = 0; round < 120; round += 1) {
    const [before, after] = [randomPolicy(), randomPolicy()]
    const [old, now] = [compilePolicy(before), compilePolicy(after)]
    const comparison = compareAccess(old, now, sampleOf(before, after))
    for (const group of groups) {
      for (const verb of verbs) {
        for (const dag of isOnDags(verb) ? [...ids, '~'] : [null]) {
          const who = { kind: 'person', name: null, groups: [group] } as const
          const asked = { who, what: operationOf(verb, dag), given: unknownCircumstances(new Date()) }
          const [was, is] = [old, now].map((policy) => ask(policy, asked).effect)
          const isSaid = (changes: readonly AccessChange[]) =>
            changes.some(
              (change) =>
                change.who.groups.join() === group &&
                change.verb === verb &&
                change.airflowRole === null &&
                covers(change, dag),
            )
          const at = `${group} ${verb} ${dag}\n${JSON.stringify(before)}\n${JSON.stringify(after)}`
          expect(isSaid(comparison.widened), at).toBe(was === 'deny' && is === 'allow')
          expect(isSaid(comparison.narrowed), at).toBe(was === 'allow' && is === 'deny')
        }
      }
    }
  }
})

function covers({ dags }: AccessChange, dag: string | null): boolean {
  if (dag === null) return dags === null
  const isIn = (pattern: string) =>
    dag === '~' ? pattern === '*' || pattern === '~' : matchesPattern(pattern, dag)
  return (dags ?? []).some((scope) => isIn(scope.dags) && !scope.except.some(isIn))
}

function randomPolicy(): PolicyConfig {
  const pattern = () =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, ['a', 'b', '*'])).join('')
  const some = <T>(make: () => T, most: number) =>
    Array.from({ length: Math.floor(random() * most) + 1 }, make)
  const roles = Object.fromEntries(
    ['one', 'two'].map((name) => {
      const has = some(() => pick(random, verbs), 3)
      const airflowRole = has.includes('pool.read') ? 'op' : (pick(random, ['user', 'op']) as string)
      return [name, { verbs: [...new Set(has)], airflowRole }]
    }),
  )
  const grants = some(
    () => ({ group: pick(random, groups), role: pick(random, ['one', 'two']), dags: some(pattern, 3) }),
    4,
  )
  return parse(grants, roles)
}

test('every verb is compared', () => {
  for (const verb of allVerbs) {
    const roles = { only: { verbs: [verb], airflowRole: leastRoleOfVerb.get(verb) } }
    const { widened } = compare(parse([]), parse([{ group: 'team', role: 'only' }], roles))
    expect(widened.map((change) => change.verb)).toContain(verb)
  }
})
