import { describe, expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import { cedarMistakes } from '../../../../relay/policy/mistakes.ts'
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

const config = (grants: object[] = []) =>
  policyConfig.parse({ contact: 'Ask us.', grants, cedarFiles: ['rules.cedar'] })
const files = (text: string) => [{ name: 'rules.cedar', text }]
const policyWith = (text: string, grants: object[] = []) => {
  expect(cedarMistakes(config(grants), files(text))).toEqual([])
  return policyOf(config(grants), files(text))
}
const admin = { group: 'team', role: 'admin' }

test('a permit allows, with its id, its obligations and the role in Airflow', () => {
  const policy = policyWith(
    `
    @id("pager") @airflowRole("op") @obligation("reason")
    permit (principal in Jetway::Group::"on-call", action in [Jetway::Action::"run", Jetway::Action::"dag.read"], resource)
    when { resource.dag like "etl*" };`,
  )
  expect(policy.authorize(person('on-call'), trigger('etl_1'))).toEqual({
    effect: 'allow',
    policies: ['pager'],
    airflowRole: 'op',
    obligations: ['reason'],
  })
  expect(policy.authorize(person('on-call'), trigger('finance')).effect).toBe('deny')
  expect(policy.authorize(person('on-call'), asked('GET', '/api/v2/dags')).effect).toBe('deny')
  expect(policy.authorize(person('others'), trigger('etl_1')).effect).toBe('deny')
})

test('without a role in Airflow it is the least that the verb takes', () => {
  const policy = policyWith('@id("all") permit (principal in Jetway::Group::"team", action, resource);')
  expect(policy.authorize(person('team'), read('etl'))).toMatchObject({ airflowRole: 'viewer' })
  expect(policy.authorize(person('team'), trigger('etl'))).toMatchObject({ airflowRole: 'user' })
  expect(policy.authorize(person('team'), asked('GET', '/api/v2/connections'))).toMatchObject({
    airflowRole: 'op',
  })
})

test('a forbid wins over a grant, and says why', () => {
  const policy = policyWith(
    `@id("freeze") @reason("Month end is on.")
    forbid (principal, action in Jetway::Action::"changes", resource) when { Jetway::Zone::"Europe/Berlin".date like "2026-11-*" };
    @id("quiet") forbid (principal is Jetway::Agent, action, resource);`,
    [admin],
  )
  expect(policy.authorize(person('team'), trigger('etl'))).toMatchObject({
    policies: ['freeze'],
    error: { code: 'FORBIDDEN_BY_RULE', message: 'run.trigger on etl is forbidden: Month end is on.' },
  })
  expect(
    policy.authorize(person('team'), trigger('etl'), { time: Date.parse('2026-11-30T23:00:00Z') }).effect,
  ).toBe('allow')
  expect(policy.authorize(person('team'), read('etl')).effect).toBe('allow')
  expect(policy.authorize(agent('team'), read('etl'))).toMatchObject({
    error: { message: 'dag.read on etl is forbidden: The policy quiet forbids it.' },
  })
})

describe('what is not known', () => {
  const rules = (condition: string) => ({
    permit: `@id("p") permit (principal in Jetway::Group::"team", action == Jetway::Action::"run.trigger", resource) when { ${condition} };`,
    forbid: `@id("f") forbid (principal, action == Jetway::Action::"run.trigger", resource) when { ${condition} };`,
  })
  test.each<[string, string, Circumstances]>([
    ['tags', 'resource.tags.contains("pii")', { tags: null }],
    ['an address', 'context.sourceIp.isInRange(ip("0.0.0.0/0"))', { sourceIp: null }],
    ['the age of a sign-in', 'context.authAgeSeconds < 10', {}],
    ['the strength of a sign-in', 'context.acr == "mfa"', {}],
    ['the service', 'context.service == "airflow"', { service: null }],
  ])('%s: no permit holds, every forbid does', (_name, condition, more) => {
    const { permit, forbid } = rules(condition)
    expect(policyWith(permit).authorize(person('team'), trigger('etl'), more).effect).toBe('deny')
    expect(policyWith(forbid, [admin]).authorize(person('team'), trigger('etl'), more).effect).toBe('deny')
  })

  test('which DAG it is, of a request about all of them', () => {
    const all = asked('GET', '/api/v2/dags/~/dagRuns')
    const ofRuns = (text: string) => text.replaceAll('run.trigger', 'run.read')
    const { permit, forbid } = rules('resource.dag like "x*"')
    expect(policyWith(ofRuns(permit)).authorize(person('team'), all).effect).toBe('deny')
    expect(policyWith(ofRuns(forbid), [admin]).authorize(person('team'), all).effect).toBe('deny')
  })

  test('a conf, whose body is read first where it may allow', () => {
    const { permit, forbid } = rules('context has conf && context.conf.bytes > 10')
    const effects = (text: string, grants: object[], conf: ConfFacts | null) => {
      const policy = policyWith(text, grants)
      const someone = person('team')
      return [
        policy.couldAllow(someone, trigger('etl')).effect,
        policy.authorize(someone, trigger('etl'), { conf }).effect,
      ]
    }
    const conf = { present: true, bytes: 11, keys: [] }
    expect(effects(permit, [], null)).toEqual(['allow', 'deny'])
    expect(effects(permit, [], conf)).toEqual(['allow', 'allow'])
    expect(effects(forbid, [admin], null)).toEqual(['allow', 'deny'])
    expect(effects(forbid, [admin], conf)).toEqual(['allow', 'deny'])
    expect(effects(forbid, [admin], { ...conf, bytes: 10 })).toEqual(['allow', 'allow'])
    expect(effects(forbid, [], null)).toEqual(['deny', 'deny'])
  })

  test('the name of something, of a request about all of a kind', () => {
    const condition = '{ resource.name like "x*" }'
    const permit = `@id("p") permit (principal, action == Jetway::Action::"variable.read", resource) when ${condition};`
    const [all, one] = [asked('GET', '/api/v2/variables'), asked('GET', '/api/v2/variables/x1')]
    const effects = (policy: ReturnType<typeof policyWith>) =>
      [all, one].map((what) => policy.authorize(person('team'), what).effect)
    expect(effects(policyWith(permit))).toEqual(['deny', 'allow'])
    expect(effects(policyWith(permit.replace('permit', 'forbid'), [admin]))).toEqual(['deny', 'deny'])
  })

  test('of a list that Airflow narrows, a policy that names no DAG is for all of them', () => {
    const list = asked('GET', '/api/v2/dags')
    const reading = (rest: string) =>
      `@id("p") permit (principal, action == Jetway::Action::"dag.read", resource)${rest};`
    expect(policyWith(reading('')).authorizeNarrowed(person(), list)).toMatchObject({ dags: ['*'] })
    const some = reading(' when { resource.dag like "a*" }')
    expect(policyWith(some).authorizeNarrowed(person(), list).effect).toBe('deny')
    expect(
      policyWith(some.replace('permit', 'forbid'), [admin]).authorizeNarrowed(person('team'), list).effect,
    ).toBe('deny')
  })
})

test('what a decision depends on is not taken from one request for another', () => {
  const task = (run: string, id: string) =>
    asked('GET', `/api/v2/dags/etl/dagRuns/${run}/taskInstances/${id}/logs/1`)
  const policy = policyWith(`
    @id("own") permit (principal, action == Jetway::Action::"dag.read", resource) when { principal has email && principal.email == "ana@example.com" };
    @id("it") permit (principal == Jetway::Person::"https://id.example.com#bo", action == Jetway::Action::"dag.read", resource);
    @id("logs") permit (principal, action == Jetway::Action::"log.read", resource) when { resource is Jetway::Task && resource.run like "manual*" && resource.task == "load" };
    @id("get") permit (principal, action == Jetway::Action::"code.read", resource) when { context has method && context.method == "GET" && context.via == "direct" };
    @id("why") permit (principal, action == Jetway::Action::"run.trigger", resource) when { context has reason && context.reason like "INC-*" };
    @id("soon") permit (principal, action == Jetway::Action::"run.clear", resource) when { context.time < datetime("2026-11-25T10:30:00.500Z") };
    @id("bots") permit (principal, action == Jetway::Action::"xcom.read", resource) when { context.agent };`)
  const effect = (...request: Parameters<typeof policy.authorize>) => policy.authorize(...request).effect
  const named = (subject: string, email: string | null) => ({ ...person(), subject, email })
  expect(effect(named('ana', 'ana@example.com'), read('etl'))).toBe('allow')
  expect(effect(named('ana', null), read('etl'))).toBe('deny')
  expect(effect(named('bo', null), read('etl'))).toBe('allow')
  expect(effect({ ...named('bo', null), issuer: 'https://other.example' }, read('etl'))).toBe('deny')
  expect(effect({ ...named('bo', null), kind: 'machine' }, read('etl'))).toBe('deny')
  expect(effect(person(), task('manual__1', 'load'))).toBe('allow')
  expect(effect(person(), task('manual__1', 'extract'))).toBe('deny')
  expect(effect(person(), task('scheduled__1', 'load'))).toBe('deny')
  expect(effect(person(), task('~', 'load'))).toBe('deny')
  const code = asked('GET', '/api/v2/dagSources/etl')
  expect(effect(person(), code, { method: 'GET', via: 'direct' })).toBe('allow')
  expect(effect(person(), code, { method: 'HEAD', via: 'direct' })).toBe('deny')
  expect(effect(person(), code, { method: 'GET', via: 'tunnel' })).toBe('deny')
  expect(effect(person(), trigger('etl'), { reason: 'INC-1' })).toBe('allow')
  expect(effect(person(), trigger('etl'), { reason: 'because' })).toBe('deny')
  expect(effect(person(), trigger('etl'))).toBe('deny')
  const clear = asked('POST', '/api/v2/dags/etl/clearDagRuns')
  expect(effect(person(), clear)).toBe('allow')
  expect(effect(person(), clear, { time: someTime + 1000 })).toBe('deny')
  const xcom = asked('GET', '/api/v2/dags/etl/dagRuns/r/taskInstances/t/xcomEntries')
  expect(effect(agent(), xcom)).toBe('allow')
  expect(effect(machine(), xcom)).toBe('deny')
})

test('a policy is not compiled without all of its files, nor with a mistake in one', () => {
  expect(() => policyOf(config())).toThrow('not every file')
  expect(() => policyOf(config(), files('permit (principal, action, resource);'))).toThrow('@id')
})

describe('mistakes are named with file, line and column', () => {
  const head = '@id("x") permit (principal, action == Jetway::Action::"run.trigger", resource)'
  test.each([
    [
      'no Cedar',
      '\n  permit (principal, action resource);',
      /^rules\.cedar:2:29 unexpected token `resource`/,
    ],
    [
      'Cedar after letters of two bytes',
      '// ü\n@id("ü") permit (principal, actin, resource);',
      /^rules\.cedar:2:29 /,
    ],
    [
      'an unknown action',
      '@id("x") permit (principal, action == Jetway::Action::"run.fly", resource);',
      /run\.fly/,
    ],
    [
      'an unknown attribute',
      `${head} when { resource.dog == "x" };`,
      /:1:\d+ attribute `dog` on entity type `Jetway::Dag` not found/,
    ],
    ['an unknown type', '@id("x") permit (principal in Jetway::Grp::"x", action, resource);', /Jetway::Grp/],
    [
      'an attribute that not all have',
      '@id("x") permit (principal, action, resource) when { resource.dag == "x" };',
      /`dag` on entity type `Jetway::Item` not found/,
    ],
    ['what may not be there', `${head} when { context.conf.bytes < 1 };`, /conf/],
    ['what is never true', `${head} when { resource is Jetway::Item };`, /impossible/],
    [
      'a policy without an id',
      'permit (principal, action, resource);',
      /^rules\.cedar:1:1 needs an annotation @id/,
    ],
    ['an annotation that nobody reads', `@obligaton("reason") ${head};`, /@obligaton means nothing here/],
    [
      'an obligation that nobody sees to',
      `@obligation("dance") ${head};`,
      /nothing sees to the obligation dance/,
    ],
    [
      'an obligation of a forbid',
      '@id("x") @obligation("reason") forbid (principal, action, resource);',
      /a forbid has no obligations/,
    ],
    ['a role that there is not', `@airflowRole("boss") ${head};`, /there is no role boss in Airflow/],
    [
      'a role that cannot do it',
      `@airflowRole("viewer") ${head};`,
      /run\.trigger takes the role user in Airflow/,
    ],
    [
      'a template',
      '@id("x") permit (principal == ?principal, action, resource);',
      /templates have no use here/,
    ],
    [
      'a time zone that there is not',
      `${head} when { Jetway::Zone::"Mars/Base".hour > 3 };`,
      /there is no time zone Mars\/Base/,
    ],
    ['has on what is always there', `${head} when { resource has tags };`, /has tags is always true/],
    ['has on a member of conf', `${head} when { context has conf.bytes };`, /has conf\.bytes is always true/],
    [
      'has on conf itself',
      `${head} when { context has conf && context.conf has keys };`,
      /has keys is always true/,
    ],
    [
      'conf as a whole',
      `${head} when { context has conf && [context.conf].isEmpty() };`,
      /context\.conf is used as a whole/,
    ],
    ['context as a whole', `${head} when { [context].isEmpty() };`, /context is used as a whole/],
    [
      'a DAG by name in a forbid',
      '@id("x") forbid (principal, action, resource == Jetway::Dag::"a");',
      /compare resource\.dag/,
    ],
    [
      'a DAG by name in a condition',
      `${head} unless { resource == Jetway::Dag::"a" };`,
      /compare resource\.dag/,
    ],
    [
      'a run by name',
      '@id("x") permit (principal, action == Jetway::Action::"run.read", resource == Jetway::Run::"a");',
      /a run or a task has no id/,
    ],
  ])('%s', (_name, text, what) => {
    const mistakes = cedarMistakes(config(), files(text))
    expect(mistakes).toContainEqual({ path: ['cedarFiles', 0], what: expect.stringMatching(what) })
    for (const mistake of mistakes) expect(mistake.what).toMatch(/^rules\.cedar:\d+:\d+ /)
  })

  test('two policies of one id', () => {
    const text = `@id("x") permit (principal, action, resource);\n@id("x") forbid (principal, action, resource);`
    expect(cedarMistakes(config(), files(text))).toEqual([
      { path: ['cedarFiles', 0], what: 'rules.cedar has the id x, which another policy has' },
    ])
    const asGrant = '@id("team:admin:*") permit (principal, action, resource);'
    expect(cedarMistakes(config([admin]), files(asGrant))).toHaveLength(1)
  })

  test('a DAG by name in the head of a permit is none', () => {
    const policy = policyWith(
      '@id("x") permit (principal, action in [Jetway::Action::"dag.read", Jetway::Action::"run.read"], resource in Jetway::Dag::"etl");',
    )
    expect(policy.authorize(person(), read('etl')).effect).toBe('allow')
    expect(policy.authorize(person(), asked('GET', '/api/v2/dags/etl/dagRuns/r')).effect).toBe('allow')
    expect(policy.authorize(person(), read('etl2')).effect).toBe('deny')
    expect(policy.authorize(person(), asked('GET', '/api/v2/dags')).effect).toBe('deny')
  })
})
