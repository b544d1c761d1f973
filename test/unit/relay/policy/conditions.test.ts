import { describe, expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import { stepUpOf } from '#shared/errors/problem.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import type { Decision } from '../../../../relay/policy/decision.ts'
import type { ConfFacts } from '../../../../relay/policy/request.ts'
import {
  agent,
  asked,
  type Circumstances,
  machine,
  person,
  policyOf,
  read,
  someTime,
  trigger,
} from '../../../support/policy.ts'

const contact = 'Ask #data-platform.'
const grant = (more: object) => ({ group: 'team', role: 'user', ...more })
const policyWith = (grants: object[], forbid: object[] = []) =>
  policyOf(policyConfig.parse({ contact, grants, forbid }))
const under = (when: object) => policyWith([grant({ when })])

const signedIn = (secondsAgo: number): Principal => ({
  ...person('team'),
  authTime: someTime / 1000 - secondsAgo,
})
const signedInWith = (acr: string): Principal => {
  const ana = person('team')
  return { ...ana, authentication: { ...ana.authentication, acr } }
}
const conf = (bytes: number, ...keys: string[]): ConfFacts => ({ present: true, bytes, keys })
const at = (time: string): Circumstances => ({ time: Date.parse(time) })
const said = (decision: Decision) => (decision.effect === 'deny' ? decision.error.message : 'allowed')

describe('a condition at its limit', () => {
  test.each<[string, object, Principal, Circumstances, boolean]>([
    [
      'a conf as long as it may be',
      { conf: { maxBytes: 20 } },
      person('team'),
      { conf: conf(20, 'a') },
      true,
    ],
    ['a conf a byte longer', { conf: { maxBytes: 20 } }, person('team'), { conf: conf(21, 'a') }, false],
    [
      'keys that are allowed',
      { conf: { keys: ['a', 'b'] } },
      person('team'),
      { conf: conf(9, 'b', 'a') },
      true,
    ],
    [
      'a key beside those',
      { conf: { keys: ['a', 'b'] } },
      person('team'),
      { conf: conf(9, 'a', 'c') },
      false,
    ],
    ['a key in capitals', { conf: { keys: ['a', 'b'] } }, person('team'), { conf: conf(9, 'A') }, false],
    ['no key where none may be', { conf: { keys: [] } }, person('team'), { conf: conf(0) }, true],
    ['a key where none may be', { conf: { keys: [] } }, person('team'), { conf: conf(9, 'a') }, false],
    [
      'every key that is required',
      { conf: { requiredKeys: ['a'] } },
      person('team'),
      { conf: conf(9, 'a', 'z') },
      true,
    ],
    [
      'a required key that lacks',
      { conf: { requiredKeys: ['a', 'b'] } },
      person('team'),
      { conf: conf(9, 'a') },
      false,
    ],
    ['no forbidden key', { conf: { forbiddenKeys: ['x'] } }, person('team'), { conf: conf(9, 'a') }, true],
    [
      'a forbidden key',
      { conf: { forbiddenKeys: ['x'] } },
      person('team'),
      { conf: conf(9, 'a', 'x') },
      false,
    ],
    ['the first minute', { hours: '08:00-18:00' }, person('team'), at('2026-11-25T08:00:00Z'), true],
    ['a moment before', { hours: '08:00-18:00' }, person('team'), at('2026-11-25T07:59:59.999Z'), false],
    ['the last moment', { hours: '08:00-18:00' }, person('team'), at('2026-11-25T17:59:59.999Z'), true],
    ['the end', { hours: '08:00-18:00' }, person('team'), at('2026-11-25T18:00:00Z'), false],
    ['before midnight', { hours: '22:00-06:00' }, person('team'), at('2026-11-25T23:59:00Z'), true],
    ['after midnight', { hours: '22:00-06:00' }, person('team'), at('2026-11-25T05:59:00Z'), true],
    ['the morning after', { hours: '22:00-06:00' }, person('team'), at('2026-11-25T06:00:00Z'), false],
    ['until midnight', { hours: '18:00-24:00' }, person('team'), at('2026-11-25T23:59:59Z'), true],
    ...(
      [
        ['2026-07-01T06:00:00Z', true],
        ['2026-07-01T05:59:00Z', false],
        ['2026-12-01T06:30:00Z', false],
        ['2026-12-01T07:00:00Z', true],
      ] as const
    ).map(([time, allowed]): [string, object, Principal, Circumstances, boolean] => [
      `summer and winter time, ${time}`,
      { hours: '08:00-18:00', timezone: 'Europe/Berlin' },
      person('team'),
      at(time),
      allowed,
    ]),
    ['a day', { weekdays: ['wed'] }, person('team'), at('2026-11-25T23:59:00Z'), true],
    ['the day after', { weekdays: ['wed'] }, person('team'), at('2026-11-26T00:00:00Z'), false],
    [
      'a day that has begun elsewhere',
      { weekdays: ['thu'], timezone: 'Asia/Tokyo' },
      person('team'),
      at('2026-11-25T15:00:00Z'),
      true,
    ],
    [
      'the last address of a network',
      { networks: ['10.0.0.0/30'] },
      person('team'),
      { sourceIp: '10.0.0.3' },
      true,
    ],
    ['the address behind it', { networks: ['10.0.0.0/30'] }, person('team'), { sourceIp: '10.0.0.4' }, false],
    ['one of IPv6', { networks: ['2001:db8::/32'] }, person('team'), { sourceIp: '2001:db8::1' }, true],
    [
      'IPv4 as a dual-stack socket says it',
      { networks: ['10.0.0.1'] },
      person('team'),
      { sourceIp: '::ffff:10.0.0.1' },
      true,
    ],
    [
      'an address with the name of an interface',
      { networks: ['fe80::/10'] },
      person('team'),
      { sourceIp: 'fe80::1%eth0' },
      true,
    ],
    ['no address', { networks: ['0.0.0.0/0', '::/0'] }, person('team'), { sourceIp: null }, false],
    ['a sign-in as old as it may be', { maxAuthenticationAgeMinutes: 60 }, signedIn(3600), {}, true],
    ['one a second older', { maxAuthenticationAgeMinutes: 60 }, signedIn(3601), {}, false],
    ['one in the future, as clocks are', { maxAuthenticationAgeMinutes: 60 }, signedIn(-10), {}, true],
    ['one that nobody knows of', { maxAuthenticationAgeMinutes: 60 }, person('team'), {}, false],
    ['a sign-in that is strong enough', { acr: ['phr', 'mfa'] }, signedInWith('mfa'), {}, true],
    ['one that is not', { acr: ['phr', 'mfa'] }, signedInWith('pwd'), {}, false],
    ['one whose name begins alike', { acr: ['mfa'] }, signedInWith('mfa2'), {}, false],
    ['one that nobody knows the strength of', { acr: ['mfa'] }, person('team'), {}, false],
    ['a person', { who: ['person'] }, person('team'), {}, true],
    ['a machine for a person', { who: ['person'] }, machine('team'), {}, false],
    ['a machine', { who: ['machine'] }, machine('team'), {}, true],
    ['an agent that is not named', {}, agent('team'), {}, false],
    ['an agent that is named', { who: ['person', 'agent'] }, agent('team'), {}, true],
  ])('%s', (_name, when, principal, more, allowed) => {
    const decision = under(when).authorize(principal, trigger('etl'), { conf: conf(0), ...more })
    expect(decision.effect).toBe(allowed ? 'allow' : 'deny')
  })
})

test('an agent that no grant names reads', () => {
  const policy = under({})
  expect(policy.authorize(agent('team'), read('etl')).effect).toBe('allow')
  expect(said(policy.authorize(agent('team'), trigger('etl')))).toBe(
    'run.trigger on etl is yours under a condition: an agent may only read here.',
  )
})

test.each([
  ['2026-11-25', '2026-11-25T23:59:59.999Z', '2026-11-26T00:00:00Z'],
  ['2026-11-25T17:00:00+01:00', '2026-11-25T15:59:59.999Z', '2026-11-25T16:00:00Z'],
])('a grant until %s ends then, also where it was decided before', (until, last, after) => {
  const policy = policyWith([grant({ until })])
  expect(policy.authorize(person('team'), read('etl'), at(last)).effect).toBe('allow')
  const ended = policy.authorize(person('team'), read('etl'), at(after))
  expect(said(ended)).toBe(`dag.read on etl is yours under a condition: it ended on ${until}.`)
  expect(policy.authorize(person('team'), asked('GET', '/'), at(after)).effect).toBe('deny')
  expect(policy.authorize(person('team'), asked('GET', '/'), at(last)).effect).toBe('allow')
})

describe('no decision is kept beyond its time', () => {
  test('of the clock', () => {
    const policy = under({ hours: '08:00-18:00' })
    expect(policy.authorize(person('team'), read('etl'), at('2026-11-25T17:59:30Z')).effect).toBe('allow')
    expect(policy.authorize(person('team'), read('etl'), at('2026-11-25T18:00:00Z')).effect).toBe('deny')
  })

  test('of another sign-in', () => {
    const policy = under({ acr: ['mfa'] })
    for (const [acr, effect] of [
      ['pwd', 'deny'],
      ['mfa', 'allow'],
      ['pwd', 'deny'],
    ] as const)
      expect(policy.authorize(signedInWith(acr), read('etl')).effect).toBe(effect)
  })

  test('of a sign-in', () => {
    const policy = under({ maxAuthenticationAgeMinutes: 1 })
    const ana = signedIn(60)
    expect(policy.authorize(ana, read('etl')).effect).toBe('allow')
    expect(policy.authorize(ana, read('etl'), { time: someTime + 999 }).effect).toBe('allow')
    expect(policy.authorize(ana, read('etl'), { time: someTime + 1000 }).effect).toBe('deny')
  })
})

describe('a denial says which condition failed', () => {
  test.each<[object, Principal, Circumstances, string]>([
    [
      { conf: { keys: ['a'] } },
      person('team'),
      { conf: conf(9, 'a', 'x', 'y') },
      'conf has keys that are not allowed: x, y',
    ],
    [
      { conf: { maxBytes: 8 } },
      person('team'),
      { conf: conf(9, 'a') },
      'conf has 9 bytes, and 8 are allowed',
    ],
    [{ conf: { requiredKeys: ['ticket'] } }, person('team'), { conf: conf(2) }, 'conf lacks keys: ticket'],
    [
      { conf: { forbiddenKeys: ['x'] } },
      person('team'),
      { conf: conf(9, 'x') },
      'conf has keys that are forbidden: x',
    ],
    [
      { hours: '18:00-20:00', timezone: 'Europe/Berlin' },
      person('team'),
      { conf: conf(0) },
      'only from 18:00 to 20:00 Europe/Berlin',
    ],
    [{ weekdays: ['sat', 'sun'] }, person('team'), {}, 'only on sat, sun (UTC)'],
    [{ networks: ['10.0.0.0/8'] }, person('team'), {}, 'only from 10.0.0.0/8, and you come from 192.0.2.7'],
    [{ who: ['machine'] }, person('team'), {}, 'only for a machine'],
  ])('%o', (when, principal, more, words) => {
    const decision = under(when).authorize(principal, trigger('etl'), { conf: conf(0), ...more })
    expect(decision).toMatchObject({
      effect: 'deny',
      error: { code: 'CONDITION_NOT_MET', action: contact },
      failed: [{ policy: 'team:user:*', words }],
    })
    expect(said(decision)).toBe(`run.trigger on etl is yours under a condition: ${words}.`)
  })

  test('an old sign-in, and what to do', () => {
    const decision = under({ maxAuthenticationAgeMinutes: 720 }).authorize(signedIn(13 * 3600), read('etl'))
    expect(decision).toMatchObject({
      error: { code: 'SIGN_IN_TOO_OLD' },
      failed: [{ condition: 'authenticationAge' }],
    })
    expect(said(decision)).toBe(
      'dag.read on etl takes a fresh sign-in: only signed in at most 12 h ago, and you did 13 h ago.',
    )
  })

  test('a weak sign-in, and what it takes', () => {
    const decision = under({ acr: ['phr', 'mfa'] }).authorize(signedInWith('pwd'), read('etl'))
    expect(decision).toMatchObject({
      error: { code: 'SIGN_IN_TOO_WEAK', params: { acrValues: 'phr mfa' } },
      failed: [{ condition: 'acr' }],
    })
    expect(said(decision)).toBe(
      'dag.read on etl takes a stronger sign-in: only signed in with phr or mfa, and you did with pwd.',
    )
  })

  test('an old and weak one; one that is not enough by itself is no step-up', () => {
    const when = { acr: ['mfa'], maxAuthenticationAgeMinutes: 10 }
    const both = under(when).authorize(person('team'), read('etl'))
    expect(both).toMatchObject({
      error: { code: 'SIGN_IN_TOO_WEAK', params: { acrValues: 'mfa', maxAge: 600 } },
    })
    const elsewhere = under({ ...when, networks: ['10.0.0.0/8'] }).authorize(person('team'), read('etl'))
    const { error } = elsewhere as Extract<typeof elsewhere, { effect: 'deny' }>
    expect(error.code).toBe('CONDITION_NOT_MET')
    expect(stepUpOf(error)).toEqual({})
  })

  test('a rule that a sign-in lifts says so, beside one that it does not lift it does not', () => {
    const rule = (unless: object) => ({ verbs: ['dag.read'], unless, reason: 'Not like this.' })
    const denied = (...forbid: object[]) => {
      const decision = policyWith([grant({})], forbid).authorize(signedInWith('pwd'), read('etl'))
      const { error } = decision as Extract<typeof decision, { effect: 'deny' }>
      expect(error.code).toBe('FORBIDDEN_BY_RULE')
      return stepUpOf(error)
    }
    const fresh = rule({ maxAuthenticationAgeMinutes: 5, acr: ['mfa', 'phr'] })
    expect(denied(fresh)).toEqual({ acrValues: 'mfa phr', maxAge: 300 })
    expect(denied(fresh, rule({ acr: ['phr'] }))).toEqual({ acrValues: 'phr', maxAge: 300 })
    expect(denied(fresh, rule({}))).toEqual({})
    expect(denied(rule({ acr: ['mfa'], who: ['machine'] }))).toEqual({})
  })

  test('of the grant of which the least is missing', () => {
    const policy = policyWith([
      grant({ when: { hours: '18:00-20:00', weekdays: ['sun'] } }),
      grant({ when: { networks: ['10.0.0.0/8'] } }),
      grant({ dags: ['finance_*'] }),
    ])
    const decision = policy.authorize(person('team'), read('etl'))
    expect(said(decision)).toContain('only from 10.0.0.0/8')
    expect(decision).toMatchObject({
      failed: [
        { policy: 'team:user:*', condition: 'hours' },
        { policy: 'team:user:*', condition: 'weekdays' },
        { policy: 'team:user:*#2', condition: 'networks' },
        { policy: 'team:user:finance_*', condition: 'dags' },
      ].map((failed) => expect.objectContaining(failed)),
    })
  })
})

describe('tags', () => {
  const policy = () =>
    policyWith(
      [grant({ tags: ['etl', 'ml'] })],
      [{ verbs: ['run.*'], tags: ['pii'], reason: 'Personal data.' }],
    )

  test.each([
    ['one of them', ['etl', 'x'], true],
    ['none of them', ['x'], false],
    ['none at all', [], false],
    ['one beside a forbidden one', ['etl', 'pii'], false],
    ['tags that cannot be known', null, false],
  ])('%s', (_name, tags, allowed) => {
    expect(policy().authorize(person('team'), trigger('a'), { tags }).effect).toBe(allowed ? 'allow' : 'deny')
  })

  test('that cannot be known are said to be so', () => {
    const unforbidden = policyWith([grant({ tags: ['etl'] })])
    expect(said(unforbidden.authorize(person('team'), read('a')))).toBe(
      'dag.read on a is yours under a condition: only for DAGs tagged etl, and the tags of this one cannot be known now.',
    )
    expect(said(policy().authorize(person('team'), trigger('a'), { tags: null }))).toBe(
      'run.trigger on a is forbidden: Personal data.',
    )
  })

  test('a grant by tag is not for all DAGs, nor for what is no DAG', () => {
    for (const target of ['/api/v2/dags', '/api/v2/pools']) {
      expect(policy().authorize(person('team'), asked('GET', target), { tags: ['etl'] }).effect).toBe('deny')
    }
  })
})

describe('what is forbidden', () => {
  const admin = { group: 'team', role: 'admin' }

  test('is so whatever the grants say, with the reason', () => {
    const policy = policyWith(
      [admin],
      [{ verbs: ['run.trigger'], dags: ['finance_*'], reason: 'Month end is on.' }],
    )
    expect(policy.authorize(person('team'), trigger('finance_close'))).toMatchObject({
      effect: 'deny',
      policies: ['forbid:*:run.trigger:finance_*'],
      error: {
        code: 'FORBIDDEN_BY_RULE',
        message: 'run.trigger on finance_close is forbidden: Month end is on.',
        action: contact,
      },
    })
    expect(policy.authorize(person('team'), trigger('etl')).effect).toBe('allow')
    expect(policy.authorize(person('team'), read('finance_close')).effect).toBe('allow')
  })

  test('for some DAGs is forbidden for all of them at once', () => {
    const policy = policyWith([admin], [{ verbs: ['dag.read'], dags: ['finance_*'], reason: 'No.' }])
    expect(policy.authorize(person('team'), asked('GET', '/api/v2/dags')).effect).toBe('deny')
    expect(policy.authorize(person('team'), asked('GET', '/api/v2/pools')).effect).toBe('allow')
  })

  test('unless every exception is known to hold', () => {
    const policy = policyWith(
      [admin],
      [
        {
          verbs: ['run.*'],
          unless: { networks: ['10.0.0.0/8'], who: ['person'] },
          reason: 'Only from the office.',
        },
      ],
    )
    const from = (sourceIp: string | null, who = person('team')) =>
      policy.authorize(who, trigger('etl'), { sourceIp }).effect
    expect([from('10.1.1.1'), from('192.0.2.1'), from(null), from('10.1.1.1', machine('team'))]).toEqual([
      'allow',
      'deny',
      'deny',
      'deny',
    ])
  })

  test('for a group, or until a day', () => {
    const policy = policyWith(
      [admin, { group: 'interns', role: 'admin' }],
      [
        {
          group: 'interns',
          verbs: ['variable.*'],
          until: '2026-11-25',
          reason: 'Not yet.',
        },
      ],
    )
    const variable = asked('PATCH', '/api/v2/variables/x')
    expect(policy.authorize(person('team'), variable).effect).toBe('allow')
    expect(policy.authorize(person('team', 'interns'), variable).effect).toBe('deny')
    expect(policy.authorize(person('interns'), variable, at('2026-11-26T00:00:00Z')).effect).toBe('allow')
  })

  test('a connection to a tcp service can be, too', () => {
    const policy = policyOf(
      policyConfig.parse({
        contact,
        grants: [],
        connect: [
          { group: 'team', services: ['db'], until: '2026-12-31', when: { networks: ['192.0.2.0/24'] } },
        ],
        forbid: [{ verbs: ['tcp.connect'], when: { who: ['machine'] }, reason: 'People only.' }],
      }),
    )
    expect(policy.connect(person('team'), 'db').effect).toBe('allow')
    expect(policy.connect(person('team'), 'db', { sourceIp: '10.0.0.1' })).toMatchObject({
      effect: 'deny',
      error: { message: expect.stringContaining('only from 192.0.2.0/24') },
    })
    expect(policy.connect(person('team'), 'db', at('2027-01-01T00:00:00Z')).effect).toBe('deny')
    expect(policy.connect(machine('team'), 'db').effect).toBe('deny')
    expect(policy.connect(agent('team'), 'db').effect).toBe('deny')
  })
})

describe('before a body is read', () => {
  const someone = person('team')
  const keyless = { conf: { keys: [] } }

  test.each<[string, object[], object[], boolean]>([
    ['a grant that asks for the conf may allow', [grant({ when: keyless })], [], true],
    ['one for another DAG does not', [grant({ dags: ['x'], when: keyless })], [], false],
    ['one at another time does not', [grant({ when: { hours: '03:00-04:00', ...keyless } })], [], false],
    ['one of another group does not', [{ ...grant({ when: keyless }), group: 'others' }], [], false],
    ['one by tag may', [grant({ tags: ['etl'] })], [], true],
    [
      'a rule that forbids by the conf may not hold',
      [grant({})],
      [{ when: { conf: { forbiddenKeys: ['x'] } } }],
      true,
    ],
    ['one that spares by it may not either', [grant({})], [{ unless: keyless }], true],
    ['nor one by tag', [grant({})], [{ tags: ['pii'] }], true],
    ['a rule where there is no grant changes nothing', [], [{ unless: keyless }], false],
    ['a rule that forbids anyway does', [grant({ when: keyless })], [{}], false],
  ])('%s', (_name, grants, forbid, may) => {
    const rules = forbid.map((rule) => ({ verbs: ['run.trigger'], reason: 'No.', ...rule }))
    const policy = policyWith(grants, rules)
    expect(policy.couldAllow(someone, trigger('etl')).effect).toBe(may ? 'allow' : 'deny')
  })

  test('a denial of what could be is one of what is', () => {
    const policy = policyWith([grant({ dags: ['etl_*'] }), { group: 'team', role: 'op', dags: ['x'] }])
    const backfill = asked('POST', '/api/v2/backfills')
    expect(policy.couldAllow(someone, backfill).effect).toBe('allow')
    expect(policy.authorize(someone, backfill).effect).toBe('deny')
    expect(policy.couldAllow(person('others'), backfill).effect).toBe('deny')
    expect(policy.couldAllow(someone, asked('PATCH', '/api/v2/variables')).effect).toBe('deny')
  })

  test('a conf matters to nothing but what makes runs', () => {
    expect(under(keyless).authorize(someone, read('etl')).effect).toBe('allow')
    const rule = { verbs: ['run.*'], when: { conf: { forbiddenKeys: ['x'] } }, reason: 'No.' }
    const runs = asked('GET', '/api/v2/dags/etl/dagRuns')
    expect(policyWith([grant({})], [rule]).authorize(someone, runs).effect).toBe('allow')
  })

  test('a conf that is not known counts against a request', () => {
    expect(under(keyless).authorize(someone, trigger('etl')).effect).toBe('deny')
    const rule = { verbs: ['run.*'], unless: keyless, reason: 'No.' }
    expect(policyWith([grant({})], [rule]).authorize(someone, trigger('etl')).effect).toBe('deny')
  })
})

describe('a list of which Airflow leaves out what is not for the person', () => {
  const dags = asked('GET', '/api/v2/dags')
  const narrowed = (grants: object[], forbid: object[] = []) =>
    policyWith(grants, forbid).authorizeNarrowed(person('team'), dags)

  test('is allowed with the DAGs of the grants that hold', () => {
    const grants = [
      grant({ dags: ['etl_*', 'hello'] }),
      { group: 'team', role: 'viewer', dags: ['finance_*'] },
      grant({ dags: ['night_*'], when: { hours: '00:00-01:00' } }),
      grant({ dags: ['old_*'], until: '2026-11-01' }),
      { group: 'others', role: 'viewer' },
    ]
    expect(narrowed(grants)).toMatchObject({
      effect: 'allow',
      airflowRole: 'viewer',
      dags: ['etl_*', 'hello', 'finance_*'],
    })
  })

  test('is not allowed by a tag, which Airflow is not told', () => {
    expect(narrowed([grant({ tags: ['etl'] })]).effect).toBe('deny')
    expect(narrowed([grant({ tags: ['etl'] }), grant({ dags: ['a'] })])).toMatchObject({ dags: ['a'] })
  })

  test.each([
    ['some DAG', { dags: ['finance_*'] }],
    ['some tag', { tags: ['pii'] }],
    ['some time', { unless: { hours: '00:00-01:00' } }],
  ])('is not left to Airflow for someone to whom %s is forbidden', (_name, rule) => {
    expect(narrowed([grant({})], [{ verbs: ['dag.read'], reason: 'No.', ...rule }]).effect).toBe('deny')
  })

  test('is allowed where something else is forbidden', () => {
    const rule = { verbs: ['dag.read'], group: 'others', reason: 'No.' }
    expect(narrowed([grant({})], [rule])).toMatchObject({ effect: 'allow', dags: ['*'] })
  })
})
