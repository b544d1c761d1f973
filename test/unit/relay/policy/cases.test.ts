import { expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import { parseCases } from '../../../../relay/policy/cases.ts'
import { runCases } from '../../../../relay/policy/run-cases.ts'

const one = (more: string) => `version: 1
cases:
  - name: a case
    as: { groups: [g] }
    do: run.trigger
    expect: allow
${more}`

const mistakes = (text: string) => {
  try {
    parseCases('cases.yaml', text)
    return []
  } catch (error) {
    return (error as { params: { reason: string } }).params.reason.split('\n')
  }
}

test('every key is taken', () => {
  const [parsed] = parseCases(
    'cases.yaml',
    one(`    dag: etl
    tags: [pii]
    conf: { a: 1 }
    at: 2026-06-01T10:00:00+02:00
    from: 10.0.0.1
    authAgeSeconds: 60
    because: g:user:etl
    airflowRole: user
`),
  )
  expect(parsed).toMatchObject({
    at: 'cases.yaml:3',
    question: {
      who: { kind: 'person', name: null, groups: ['g'] },
      deed: { kind: 'act', what: { resource: { dag: 'etl' } } },
      given: {
        tags: ['pii'],
        conf: { present: true, bytes: 7, keys: ['a'] },
        at: Date.parse('2026-06-01T08:00:00Z'),
        from: '10.0.0.1',
        authAgeSeconds: 60,
      },
    },
    because: 'g:user:etl',
    airflowRole: 'user',
  })
})

test.each([
  ['', ['cases.yaml:1 is not valid: Invalid input: expected object, received null']],
  ['version: 1\ncases: []', ['cases.yaml:2 cases is not valid: Too small: expected array to have >=1 items']],
  [one('    what: x\n'), ['cases.yaml:7 cases.0.what is not a key that is known here']],
  [one('    from: home\n'), ['cases.yaml:7 cases.0.from is not valid: an IP address']],
  [one('    at: noon\n'), ['cases.yaml:7 cases.0.at is not valid: Invalid ISO datetime']],
  [
    one('    service: db\n'),
    ['cases.yaml:5 cases.0.do To a service one connects (tcp.connect), or sends a request: "GET /…".'],
  ],
  [
    one('    airflowRole: user\n').replace('expect: allow', 'expect: deny'),
    ['cases.yaml:7 cases.0.airflowRole is for what is allowed'],
  ],
  [one('').replace('run.trigger', 'run.fly'), [/cases\.yaml:5 cases\.0\.do There is no verb run\.fly/]],
])('%j', (text, expected) => {
  const found = mistakes(text)
  expect(found).toHaveLength(expected.length)
  expected.forEach((line, i) => {
    if (typeof line === 'string') expect(found[i]).toBe(line)
    else expect(found[i]).toMatch(line)
  })
})

const config = policyConfig.parse({
  contact: 'Ask us.',
  grants: [
    { group: 'g', role: 'user', dags: ['etl'] },
    { group: 'h', role: 'admin' },
  ],
  connect: [{ group: 'g', services: ['db'] }],
})

const run = (more: string, base = one('    dag: etl\n')) => {
  const report = runCases({ config, cedarFiles: [] }, parseCases('cases.yaml', base + more))
  return { passed: report.results.map(({ passed }) => passed), left: report.unexercised.map(({ id }) => id) }
}

test.each([
  ['', true],
  ['    because: g:user:etl\n', true],
  ['    because: h:admin:*\n', false],
  ['    airflowRole: user\n', true],
  ['    airflowRole: op\n', false],
])('an allow that is expected with %j', (more, passed) => {
  expect(run(more).passed).toEqual([passed])
})

test.each([
  ['', true],
  ['    because: FORBIDDEN\n', true],
  ['    because: g:user:etl\n', true],
  ['    because: ROUTE_CLOSED\n', false],
])('a denial that is expected with %j', (more, passed) => {
  const base = one('    dag: other\n').replace('expect: allow', 'expect: deny')
  expect(run(more, base).passed).toEqual([passed])
})

test('the other effect fails', () => {
  expect(run('', one('    dag: other\n')).passed).toEqual([false])
  expect(run('', one('    dag: etl\n').replace('expect: allow', 'expect: deny')).passed).toEqual([false])
})

test('a grant is exercised by a case that passes because of it', () => {
  const connect = `  - { name: c, as: { groups: [g] }, do: tcp.connect, service: db, expect: allow }\n`
  expect(run('').left).toEqual(['h:admin:*', 'g:connect:db'])
  expect(run(connect).left).toEqual(['h:admin:*'])
  expect(run('    airflowRole: op\n').left).toEqual(['g:user:etl', 'h:admin:*', 'g:connect:db'])
})

test('rules after grants on http services are named by their own ids', () => {
  const http = [{ group: 'g', services: ['wiki'], verbs: ['http.read'] }]
  const forbid = [{ verbs: ['dag.read'], dags: ['*'], reason: 'No.' }]
  const withHttp = policyConfig.parse({ contact: 'Ask us.', grants: [], http, forbid })
  const text = one('    dag: etl\n    because: forbid:*:dag.read:*\n').replace('run.trigger', 'dag.read')
  const cases = parseCases('cases.yaml', text.replace('expect: allow', 'expect: deny'))
  expect(runCases({ config: withHttp, cedarFiles: [] }, cases)).toMatchObject({
    results: [{ passed: true }],
    unexercised: [{ id: 'g:http.read:wiki:/*', path: ['http', 0] }],
  })
})
