import { describe, expect, test } from 'vitest'
import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import { policyConfig } from '#shared/config/policy-config.ts'
import { comparePolicies } from '../../../../relay/policy/compare-policies.ts'
import { httpOperation } from '../../../../relay/upstream/http-operation.ts'
import { person, plainContext, policyOf } from '../../../support/policy.ts'

const policy = policyConfig.parse({
  contact: 'Ask #data-platform.',
  grants: [],
  http: [
    { group: 'data-eng', services: ['grafana'], verbs: ['http.read'] },
    { group: 'data-eng', services: ['grafana'], verbs: ['http.write'], paths: ['/api/annotations*'] },
    { group: 'sre', services: ['grafana', 'vault'], verbs: ['http.write'] },
  ],
})
const decide = (line: string, service: string, groups: string[], isUpgrade = false) => {
  const [method = '', target = ''] = line.split(' ')
  const operation = httpOperation(method, target, isUpgrade) as ResolvedOperation
  return policyOf(policy).authorizeHttp({
    principal: person(...groups),
    ...operation,
    tags: null,
    context: { ...plainContext, service },
  })
}

describe('allowed', () => {
  test.each([
    ['GET /', 'grafana', ['data-eng']],
    ['HEAD /d/x?y=1', 'grafana', ['data-eng']],
    ['OPTIONS /', 'grafana', ['data-eng']],
    ['POST /api/annotations/7', 'grafana', ['data-eng']],
    ['POST /api/annotations/a%20b', 'grafana', ['data-eng']],
    ['POST /api/%61nnotations', 'grafana', ['data-eng']],
    ['GET /v1/secret', 'vault', ['sre']],
    ['DELETE /v1/secret', 'vault', ['sre']],
  ])('%s of %s for %o', (line, service, groups) => {
    expect(decide(line, service, groups).effect).toBe('allow')
  })

  test('an upgrade is for who may write', () => {
    expect(decide('GET /ws', 'grafana', ['sre'], true).effect).toBe('allow')
  })
})

describe('denied', () => {
  test.each([
    ['GET /', 'grafana', []],
    ['GET /', 'grafana', ['other']],
    ['GET /', 'vault', ['data-eng']],
    ['GET /', 'unknown', ['sre']],
    ['POST /', 'grafana', ['data-eng']],
    ['PUT /api/dashboards', 'grafana', ['data-eng']],
    ['DELETE /api/x/api/annotations', 'grafana', ['data-eng']],
  ])('%s of %s for %o', (line, service, groups) => {
    const decision = decide(line, service, groups)
    expect(decision).toMatchObject({ effect: 'deny', error: { code: 'FORBIDDEN' } })
  })

  test('an upgrade, for who may only read', () => {
    expect(decide('GET /ws', 'grafana', ['data-eng'], true).effect).toBe('deny')
  })

  test('it says what is missing', () => {
    const decision = decide('POST /x', 'grafana', ['data-eng'])
    expect(decision.effect === 'deny' && decision.error.message).toMatch(
      /http\.write on grafana\/x needs a grant of http\.write\. You have http\.read on \/\*; http\.write on/,
    )
  })

  test.each(['TRACE', 'CONNECT', 'PROPFIND', 'get', ''])('the method %s is not known', (method) => {
    expect(httpOperation(method, '/', false)).toBeNull()
  })
})

describe('conditions', () => {
  const decideAt = (grant: object, context: object, who = person('g'), line = 'GET /') => {
    const config = policyConfig.parse({
      contact: 'Ask us.',
      grants: [],
      http: [{ group: 'g', services: ['wiki'], verbs: ['http.read', 'http.write'], ...grant }],
    })
    const [method = '', target = ''] = line.split(' ')
    const operation = httpOperation(method, target, false) as ResolvedOperation
    return policyOf(config).authorizeHttp({
      principal: who,
      ...operation,
      tags: null,
      context: { ...plainContext, service: 'wiki', ...context },
    })
  }
  const agent = { ...person('g'), act: { subject: 'bot', client: 'bot' } }

  test.each<[string, object, object, object]>([
    [
      'time',
      { until: '2026-01-01' },
      { time: Date.parse('2026-01-01T23:59:59Z') },
      { time: Date.parse('2026-01-02T00:00:00Z') },
    ],
    ['networks', { when: { networks: ['10.0.0.0/8'] } }, { sourceIp: '10.1.2.3' }, { sourceIp: '192.0.2.1' }],
    [
      'hours',
      { when: { hours: '08:00-18:00' } },
      { time: Date.parse('2026-01-01T17:59:59Z') },
      { time: Date.parse('2026-01-01T18:00:00Z') },
    ],
  ])('%s', (_what, grant, holds, fails) => {
    expect(decideAt(grant, holds).effect).toBe('allow')
    expect(decideAt(grant, fails).effect).toBe('deny')
  })

  test('agents only read, unless it is said that it is for them', () => {
    expect(decideAt({}, {}, agent).effect).toBe('allow')
    expect(decideAt({}, {}, agent, 'POST /').effect).toBe('deny')
    expect(decideAt({ when: { who: ['agent'] } }, {}, agent, 'POST /').effect).toBe('allow')
    expect(decideAt({ when: { who: ['agent'] } }, {}, person('g')).effect).toBe('deny')
  })
})

describe('a change of grants', () => {
  const grants = (...http: object[]) => policyConfig.parse({ contact: 'Ask.', grants: [], http })
  const source = (http: object[]) => ({ config: grants(...http), cedarFiles: [] })
  const read = { group: 'g', services: ['wiki'], verbs: ['http.read'] }
  const write = { ...read, verbs: ['http.write'] }
  const some = { ...read, paths: ['/a*'] }
  const widened = (before: object[], after: object[]) =>
    comparePolicies(source(before), source(after)).widened.map(
      ({ who, verb, services }) => `${who.groups} ${verb} ${services}`,
    )

  test.each<[object[], object[], string[]]>([
    [[], [read], ['g http.read wiki/*']],
    [[read], [write], ['g http.write wiki/*']],
    [[some], [read], ['g http.read wiki/*']],
    [[read], [{ ...read, group: 'h' }], ['h http.read wiki/*']],
    [[read], [{ ...read, services: ['wiki', 'chat'] }], ['g http.read chat/*']],
    [[read], [read], []],
    [[write], [read], []],
    [[read], [some], []],
    [[{ ...read, until: '2026-01-01' }], [read], ['g http.read wiki/*']],
    [[read], [{ ...read, until: '2026-01-01' }], []],
    [[{ ...read, until: '2026-01-01' }], [{ ...read, until: '2026-01-01T23:00:00Z' }], []],
    [[{ ...read, when: { networks: ['10.0.0.0/8'] } }], [read], ['g http.read wiki/*']],
    [[read], [], []],
  ])('from %j to %j widens %j', (before, after, expected) => {
    expect(widened(before, after)).toEqual(expected)
  })
})
