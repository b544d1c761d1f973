import { describe, expect, test } from 'vitest'
import { matchesGlob } from '#shared/airflow/dag-glob.ts'
import type { Verb } from '#shared/airflow/operation.ts'
import { allVerbs, leastRoleOfVerb } from '#shared/airflow/roles.ts'
import { type PolicyConfig, policyConfig } from '#shared/config/policy-config.ts'
import {
  type Act,
  ask,
  type Circumstances,
  operationOf,
  unknownCircumstances,
} from '../../../../relay/policy/ask.ts'
import type { AccessChange } from '../../../../relay/policy/compare.ts'
import { comparePolicies } from '../../../../relay/policy/compare-policies.ts'
import { wordsOf } from '../../../../relay/policy/comparison-words.ts'
import type { CedarFile } from '../../../../relay/policy/own-policies.ts'
import { compilePolicy } from '../../../../relay/policy/policy.ts'
import { isOnDags } from '../../../../relay/policy/sample.ts'
import { pick, seeded } from '../../../support/random.ts'

/** A Wednesday. */
const now = Date.parse('2026-11-25T10:30:00Z')

const parse = (grants: unknown[], roles: Record<string, unknown> = {}, more: object = {}) =>
  policyConfig.parse({ contact: 'Ask us.', roles, grants, ...more })

const trigger = { trigger: { verbs: ['run.trigger'], airflowRole: 'user' } }

function compare(before: PolicyConfig, after: PolicyConfig, together: string[][] = []) {
  const source = (config: PolicyConfig) => ({ config, cedarFiles: [] })
  return comparePolicies(source(before), source(after), together, now)
}

const ofTrigger = (changes: readonly AccessChange[]) =>
  wordsOf(changes.filter(({ verb }) => verb === 'run.trigger'))

/** What is said of run.trigger. */
function said(
  before: unknown[],
  after: unknown[],
  forbidBefore: unknown[] = [],
  forbidAfter: unknown[] = [],
) {
  const { widened, narrowed } = compare(
    parse(before, trigger, { forbid: forbidBefore }),
    parse(after, trigger, { forbid: forbidAfter }),
  )
  return { widened: ofTrigger(widened), narrowed: ofTrigger(narrowed) }
}

const all = { who: ['person', 'machine', 'agent'] }
const grant = (...dags: string[]) => ({ group: 'data-eng', role: 'trigger', dags, when: all })

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
  ['letters beyond the first plane', [grant('𠮷*')], [grant('𠮷*', 'ß')], ['ß'], []],
  ['each DAG and all at once', [grant('**')], [grant('*')], ['~'], []],
])('%s', (_name, before, after, widened, narrowed) => {
  const lines = (dags: readonly string[]) => dags.map((where) => `data-eng: run.trigger on ${where}`)
  expect(said(before, after)).toEqual({ widened: lines(widened), narrowed: lines(narrowed) })
})

test('verbs that are done to no DAG are named without one, all of a resource in short', () => {
  const { widened } = compare(
    parse([]),
    parse([{ group: 'ops', role: 'pools', when: all }], { pools: { verbs: ['pool.*'], airflowRole: 'op' } }),
  )
  expect(wordsOf(widened)).toContain('ops: health.read, pool.*, ui.view, version.read')
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
  const low = { group: 'low', role: 'trigger', dags: ['a'], when: all }
  const high = { group: 'high', role: 'high', dags: ['a'], when: all }
  const roles = { ...trigger, high: { verbs: ['run.trigger'], airflowRole: 'admin' } }
  const [before, after] = [parse([low, high], roles), parse([high], roles)]
  expect(wordsOf(compare(before, after).widened)).toEqual([])
  expect(wordsOf(compare(before, after, [['low', 'high', 'unnamed']]).widened)).toEqual([
    'high + low: run.trigger on a, in Airflow as admin, not user',
  ])
  const lines = wordsOf(compare(parse([]), parse([low, high], roles), [['low', 'high']]).widened)
  expect(lines.filter((line) => line.startsWith('high + low'))).toEqual([])
})

test('a forbid of one group is seen for the groups together', () => {
  const forbid = [{ group: 'guests', verbs: ['run.*'], dags: ['*'], reason: 'No.' }]
  const grants = [grant('a')]
  const together = [['data-eng', 'guests']]
  const [before, after] = [parse(grants, trigger, { forbid }), parse(grants, trigger)]
  expect(ofTrigger(compare(before, after, together).widened)).toEqual(['data-eng + guests: run.trigger on a'])
  expect(ofTrigger(compare(after, before, together).narrowed)).toEqual([
    'data-eng + guests: run.trigger on a',
  ])
})

test('tcp services', () => {
  const connect = (...services: string[]) => parse([], {}, { connect: [{ group: 'g', services, when: all }] })
  expect(wordsOf(compare(connect('db'), connect('db', 'lake')).widened)).toEqual(['g: tcp.connect on lake'])
  expect(wordsOf(compare(connect('db', 'lake'), connect('lake')).narrowed)).toEqual(['g: tcp.connect on db'])
  const forbid = [{ verbs: ['tcp.connect'], reason: 'No.' }]
  const closed = { ...connect('db'), forbid: parse([], {}, { forbid }).forbid }
  expect(wordsOf(compare(closed, connect('db')).widened)).toEqual(['g: tcp.connect on db'])
})

describe('what holds under a condition', () => {
  const under = (when: object, more: object = {}) => [{ ...grant('a'), when: { ...all, ...when }, ...more }]

  test.each([
    ['hours', { hours: '08:00-18:00' }, 'at 2026-11-25T18:00:00.000Z'],
    ['hours over midnight', { hours: '22:00-06:00' }, 'at 2026-11-25T10:30:00.000Z'],
    ['hours of a zone', { hours: '08:00-18:00', timezone: 'Europe/Berlin' }, 'at 2026-11-25T17:00:00.000Z'],
    ['weekdays', { weekdays: ['wed'] }, 'at 2026-11-26T00:00:00.000Z'],
    ['networks', { networks: ['10.0.0.0/8', '10.1.0.0/16'] }, 'from 0.0.0.0'],
    ['networks of IPv6', { networks: ['2001:db8::/32'] }, 'from 0:0:0:0:0:0:0:0'],
    ['age of the sign-in', { maxAuthenticationAgeMinutes: 60 }, 'signed in at a time unknown'],
    ['strength of the sign-in', { acr: ['mfa'] }, 'signed in who knows how'],
    ['size of a conf', { conf: { maxBytes: 100 } }, 'with a conf of 101 bytes and no keys'],
    ['keys of a conf', { conf: { keys: ['x'] } }, 'with a conf of 2 bytes and the keys other'],
  ])('%s: taking it away widens, and putting it there narrows', (_name, when, example) => {
    const words = [`data-eng: run.trigger on a, in some cases, e.g. ${example}`]
    expect(said(under(when), [grant('a')])).toEqual({ widened: words, narrowed: [] })
    expect(said([grant('a')], under(when))).toEqual({ widened: [], narrowed: words })
  })

  test.each([
    ['an hour more', { hours: '08:00-18:00' }, { hours: '08:00-18:01' }],
    ['an hour earlier', { hours: '08:00-18:00' }, { hours: '07:59-18:00' }],
    ['a day more', { weekdays: ['mon', 'tue'] }, { weekdays: ['mon', 'tue', 'sun'] }],
    ['a wider network', { networks: ['10.0.0.0/9'] }, { networks: ['10.0.0.0/8'] }],
    ['one more address', { networks: ['10.0.0.1'] }, { networks: ['10.0.0.1', '2001:db8::1'] }],
    ['an older sign-in', { maxAuthenticationAgeMinutes: 60 }, { maxAuthenticationAgeMinutes: 61 }],
    ['one more strength', { acr: ['phr'] }, { acr: ['phr', 'mfa'] }],
    ['a byte more', { conf: { maxBytes: 100 } }, { conf: { maxBytes: 101 } }],
    ['a key more', { conf: { keys: ['x'] } }, { conf: { keys: ['x', 'y'] } }],
    ['a key not required', { conf: { requiredKeys: ['x', 'y'] } }, { conf: { requiredKeys: ['x'] } }],
    ['a key not forbidden', { conf: { forbiddenKeys: ['x', 'y'] } }, { conf: { forbiddenKeys: ['x'] } }],
  ])('%s', (_name, before, after) => {
    const { widened, narrowed } = said(under(before), under(after))
    expect(widened).toHaveLength(1)
    expect(narrowed).toEqual([])
    expect(said(under(after), under(before))).toEqual({ widened: [], narrowed: widened })
  })

  test('a longer time', () => {
    const words = ['data-eng: run.trigger on a, in some cases, e.g. at 2026-12-01T00:00:00.000Z']
    expect(said(under({}, { until: '2026-11-30' }), under({}, { until: '2026-12-31' })).widened).toEqual(
      words,
    )
    expect(said(under({}, { until: '2026-10-01' }), under({}, { until: '2026-10-31' })).widened).toEqual([])
  })

  test('who acts: machines and agents by name', () => {
    const without = [{ ...grant('a'), when: {} }]
    expect(said(without, [grant('a')]).widened).toEqual(['data-eng (agents): run.trigger on a'])
    expect(said(under({ who: ['person'] }), without).widened).toEqual([
      'data-eng (machines): run.trigger on a',
    ])
  })

  test('tags of a grant, and of a forbid that a grant overlaps', () => {
    const tagged = (...tags: string[]) => under({}, { tags })
    expect(said(tagged('pii'), tagged('pii', 'free')).widened).toEqual([
      'data-eng: run.trigger on a, in some cases, e.g. tagged free',
    ])
    const rule = (...tags: string[]) => [{ verbs: ['run.*'], dags: ['*'], tags, reason: 'No.' }]
    expect(said(tagged('free'), tagged('free'), rule('pii', 'hr'), rule('pii')).widened).toEqual([
      'data-eng: run.trigger on a, in some cases, e.g. tagged free, hr',
    ])
  })

  test('an exception of a forbid', () => {
    const rule = (unless: object) => [{ verbs: ['run.*'], dags: ['*'], unless, reason: 'No.' }]
    const { widened } = said([grant('a')], [grant('a')], rule({}), rule({ hours: '08:00-18:00' }))
    expect(widened).toEqual(['data-eng: run.trigger on a, in some cases, e.g. at 2026-11-25T10:30:00.000Z'])
  })
})

test('where a policy has more than is asked, it is said for whom', () => {
  const dags = [...'abcdefghijklmno'].map((letter) => `*${letter}*`)
  const { incomplete } = compare(parse([]), parse([{ group: 'g', role: 'trigger', dags }], trigger))
  expect(incomplete).toEqual(['g'])
  const tags = [...'abcdefghijk']
  const tagged = parse([{ group: 'g', role: 'trigger', dags: ['a'], tags }], trigger)
  expect(compare(parse([]), tagged).incomplete).toEqual(['g'])
})

test('policies of Cedar files are named where they are not the same', () => {
  const file = (text: string): CedarFile => ({ name: 'own.cedar', text })
  const policy = (id: string, tail = ';') => `@id("${id}") permit (principal, action, resource)${tail}`
  const source = (...files: CedarFile[]) => ({
    config: parse([], {}, { cedarFiles: files.map(({ name }) => name) }),
    cedarFiles: files,
  })
  const { incomplete } = comparePolicies(
    source(file(`${policy('stays')}\n${policy('goes')}\n${policy('changes')}`)),
    source(file(`${policy('changes', ' when { context.agent };')}\n${policy('stays')}\n${policy('comes')}`)),
  )
  expect(incomplete).toEqual([
    'the Cedar policy goes, which was taken away',
    'the Cedar policy changes, which was changed',
    'the Cedar policy comes, which was added',
  ])
})

const random = seeded(11)
const ids = ['a', 'b', 'c', 'aa', 'ab', 'ba', 'bb', 'ac', 'ca', 'aab', 'aba', 'abb', 'bab', 'cab', 'abab']
const groups = ['g1', 'g2', 'g3']
const verbs = ['run.trigger', 'dag.read', 'pool.read'] as const
const services = ['db', 'lake']
const kinds = ['person', 'machine', 'agent'] as const

test('small policies at random: whatever is found by asking is said, and whatever is said is so', () => {
  for (let round = 0; round < 8; round += 1) {
    const [before, after] = [randomPolicy(), randomPolicy()]
    const [old, next] = [compilePolicy(before), compilePolicy(after)]
    const { widened, narrowed, incomplete } = compare(before, after)
    expect(incomplete).toEqual([])
    const at = `${JSON.stringify(before)}\n${JSON.stringify(after)}`
    const change = (asked: Parameters<typeof ask>[1]) => {
      const [was, is] = [old, next].map((policy) => ask(policy, asked).effect)
      return was === is ? 'same' : is === 'allow' ? 'widened' : 'narrowed'
    }
    for (const group of groups) {
      for (const verb of [...verbs, 'tcp.connect'] as const) {
        for (const place of placesFor(verb)) {
          const what = actOf(verb, place)
          const isSaid = (changes: readonly AccessChange[], kind: (typeof kinds)[number]) =>
            changes.some(
              ({ who, ...more }) =>
                who.groups.every((one) => one === group) &&
                who.kinds.includes(kind) &&
                more.verb === verb &&
                more.airflowRole === null &&
                covers(more, place),
            )
          for (const kind of kinds) {
            const given = randomCircumstances(what)
            const found = change({ who: { kind, name: null, groups: [group] }, what, given })
            if (found === 'same') continue
            const changes = found === 'widened' ? widened : narrowed
            expect(isSaid(changes, kind), `${group} ${verb} ${place} ${JSON.stringify(given)}\n${at}`).toBe(
              true,
            )
          }
        }
      }
    }
    for (const [said, changes] of Object.entries({ widened, narrowed })) {
      for (const { who, verb, airflowRole, sometimes, ...more } of changes) {
        if (airflowRole !== null) continue
        const given = { ...unknownCircumstances(now), tags: [], ...sometimes }
        for (const place of placesFor(verb).filter((one) => covers(more, one))) {
          const what = actOf(verb, place)
          const asked = {
            who: { kind: pick(random, who.kinds), name: null, groups: who.groups },
            what,
            given,
          }
          expect(change(asked), `${verb} ${place} ${JSON.stringify(asked)}\n${at}`).toBe(said)
        }
      }
    }
    old.release()
    next.release()
  }
})

function placesFor(verb: Verb): readonly (string | null)[] {
  return verb === 'tcp.connect' ? services : isOnDags(verb) ? [...ids, '~'] : [null]
}

function actOf(verb: Verb, place: string | null): Act {
  return verb === 'tcp.connect' ? { service: place as string, request: null } : operationOf(verb, place)
}

function randomCircumstances(what: Act): Circumstances {
  const tagged = 'operation' in what && what.resource.dag !== null && what.resource.dag !== '~'
  const time = pick(random, [
    '2026-11-25T11:00Z',
    '2026-11-25T23:00Z',
    '2026-11-28T11:00Z',
    '2026-12-02T11:00Z',
  ])
  return {
    ...unknownCircumstances(Date.parse(time)),
    tags: tagged ? pick(random, [[], ['x'], ['y'], ['x', 'y']]) : [],
    from: pick(random, ['10.0.0.9', '192.0.2.1']),
    conf: pick(random, [
      { present: false, bytes: 0, keys: [] },
      { present: true, bytes: 7, keys: ['k'] },
      { present: true, bytes: 50, keys: ['k', 'l'] },
    ]),
  }
}

function covers(change: Pick<AccessChange, 'dags' | 'services'>, place: string | null): boolean {
  if (change.services) return change.services.includes(place as string)
  if (place === null) return change.dags === null
  const isIn = (pattern: string) =>
    place === '~' ? pattern === '*' || pattern === '~' : matchesGlob(pattern, place)
  return (change.dags ?? []).some(({ dags, except }) => dags.every(isIn) && !except.some(isIn))
}

function randomPolicy(): PolicyConfig {
  const pattern = () =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, ['a', 'b', '*'])).join('')
  const some = <T>(make: () => T, most: number) =>
    Array.from({ length: Math.floor(random() * most) + 1 }, make)
  const sometimes = <T extends object>(value: T): Partial<T> => (random() < 0.25 ? value : {})
  const rest = () => ({
    dags: some(pattern, 3),
    ...sometimes({ tags: [pick(random, ['x', 'y'])] }),
    ...sometimes({ until: '2026-11-30' }),
    when: {
      ...sometimes({ hours: '08:00-20:00' }),
      ...sometimes({ weekdays: ['mon', 'wed'] }),
      ...sometimes({ networks: ['10.0.0.0/8'] }),
      ...sometimes({ who: ['person', 'agent'] }),
      ...(random() < 0.1 ? { conf: { maxBytes: 20, keys: ['k'] } } : {}),
    },
  })
  const roles = Object.fromEntries(
    ['one', 'two'].map((name) => {
      const has = some(() => pick(random, verbs), 3)
      const airflowRole = has.includes('pool.read') ? 'op' : (pick(random, ['user', 'op']) as string)
      return [name, { verbs: [...new Set(has)], airflowRole }]
    }),
  )
  const grants = some(
    () => ({ group: pick(random, groups), role: pick(random, ['one', 'two']), ...rest() }),
    4,
  )
  const rule = () => ({
    group: pick(random, [null, ...groups]),
    verbs: [pick(random, ['run.*', 'dag.read', 'pool.*', 'tcp.connect'])],
    reason: 'No.',
    ...rest(),
  })
  const { hours, networks } = rest().when
  const connect = {
    group: pick(random, groups),
    services: [pick(random, services)],
    when: { ...(hours ? { hours } : {}), ...(networks ? { networks } : {}) },
  }
  return parse(grants, roles, { forbid: random() < 0.5 ? [rule()] : [], connect: [connect] })
}

test('what is of no DAG is compared too where the same verb is done to DAGs', () => {
  const grants = [{ group: 'g', role: 'viewer', when: all }]
  const closed = (...dags: string[]) =>
    parse(grants, {}, { forbid: [{ verbs: ['asset.read', 'event-log.read'], dags, reason: 'No.' }] })
  expect(wordsOf(compare(closed('*'), closed('**')).widened)).toEqual(['g: asset.read, event-log.read'])
  const onDag = (...dags: string[]) => parse([{ group: 'g', role: 'viewer', dags, when: all }])
  const { widened } = compare(onDag('a'), onDag('a', 'b'))
  expect(widened.find(({ verb }) => verb === 'event-log.read')?.dags).toEqual([{ dags: ['b'], except: [] }])
})

test('every verb is compared', () => {
  for (const verb of allVerbs) {
    const roles = { only: { verbs: [verb], airflowRole: leastRoleOfVerb.get(verb) } }
    const { widened } = compare(parse([]), parse([{ group: 'team', role: 'only' }], roles))
    expect(widened.map((change) => change.verb)).toContain(verb)
  }
})
