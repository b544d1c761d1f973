import { expect, test } from 'vitest'
import type { Verb } from '#shared/airflow/operation.ts'
import { type PolicyConfig, policyConfig } from '#shared/config/policy-config.ts'
import type { AuditRecord } from '../../../../relay/audit/record.ts'
import { ask, operationOf, unknownCircumstances, type Who } from '../../../../relay/policy/ask.ts'
import { comparePolicies } from '../../../../relay/policy/compare-policies.ts'
import { grantUse } from '../../../../relay/policy/grant-use.ts'
import { leastGrant } from '../../../../relay/policy/least-grants.ts'
import { compilePolicy } from '../../../../relay/policy/policy.ts'
import { isOnDags } from '../../../../relay/policy/sample.ts'
import { auditRecord } from '../../../support/audit-record.ts'
import { pick, seeded } from '../../../support/random.ts'

const config = policyConfig.parse({
  contact: 'Ask us.',
  roles: { trigger: { verbs: ['run.trigger', 'dag.read'], airflowRole: 'user' } },
  grants: [
    { group: 'data-eng', role: 'op', dags: ['*'] },
    { group: 'data-eng', role: 'trigger', dags: ['etl_*'] },
    { group: 'ml', role: 'admin' },
  ],
  connect: [{ group: 'ml', services: ['db', 'lake'] }],
  http: [{ group: 'ml', services: ['wiki', 'grafana'], verbs: ['http.read', 'http.write'] }],
})
const [op, trigger, ml, connect, http] = [
  'data-eng:op:*',
  'data-eng:trigger:etl_*',
  'ml:admin:*',
  'ml:connect:db,lake',
  'ml:http.read,http.write:wiki,grafana:/*',
] as const

const since = new Date('2026-03-01T00:00:00Z')
const until = new Date('2026-06-01T00:00:00Z')
const someone = (name: string, ...groups: string[]) =>
  ({ ...auditRecord().principal, name, groups }) as AuditRecord['principal']

function used(verb: string, dag: string | null, policies: string[], more: Partial<AuditRecord> = {}) {
  return auditRecord({
    time: '2026-05-01T08:00:00.000Z',
    verb,
    resource: { dag, run: 'r', task: null, name: null },
    decision: { effect: 'allow', policies, obligations: [], code: null },
    ...more,
  })
}

async function* each(records: readonly AuditRecord[]) {
  yield* records
}

const useOf = async (...records: AuditRecord[]) => {
  const log = await grantUse(config, each(records), since, until)
  return {
    log,
    of: (id: string) => log.grants.find((grant) => grant.id === id) as (typeof log.grants)[number],
  }
}

test('what a grant was used for, by whom, and who of its group did not', async () => {
  const { log, of } = await useOf(
    used('run.trigger', 'etl_a', [op, trigger]),
    used('dag.read', '~', [op], { time: '2026-05-03T08:00:00.000Z' }),
    used('dag.read', 'etl_b', [op, trigger], { time: '2026-05-02T08:00:00.000Z' }),
    used('dag.read', 'etl_b', ['gone:op:*'], { principal: someone('ben', 'data-eng', 'ml') }),
  )
  expect(log).toMatchObject({ begins: '2026-05-01T08:00:00.000Z', byOtherGrants: 1 })
  expect(of(op)).toMatchObject({
    path: ['grants', 0],
    uses: 3,
    lastUsed: '2026-05-03T08:00:00.000Z',
    verbs: new Set(['run.trigger', 'dag.read']),
    on: new Set(['etl_a', 'etl_b']),
    onEverything: true,
    people: new Map([
      ['ana@example.com', '2026-05-03T08:00:00.000Z'],
      ['ben', null],
    ]),
  })
  expect(of(trigger)).toMatchObject({ uses: 2, onEverything: false })
  expect(of(ml)).toMatchObject({ uses: 0, lastUsed: null, people: new Map([['ben', null]]) })
})

test('what is older counts for the last use only, what is newer not at all', async () => {
  const at = (time: string) => used('run.trigger', 'etl_a', [trigger], { time })
  const { log, of } = await useOf(
    at('2026-02-28T23:59:59.999Z'),
    at('2026-03-01T00:00:00.000Z'),
    at('2026-06-01T00:00:00.000Z'),
    at('2026-06-01T00:00:00.001Z'),
  )
  expect(log.begins).toBe('2026-02-28T23:59:59.999Z')
  expect(of(trigger)).toMatchObject({ uses: 2, lastUsed: '2026-06-01T00:00:00.000Z' })
  const old = await useOf(at('2026-02-28T23:59:59.999Z'))
  expect(old.of(trigger)).toMatchObject({ uses: 0, lastUsed: '2026-02-28T23:59:59.999Z' })
})

test('denials, sessions and the shell of the web interface are no use', async () => {
  const denied = { effect: 'deny', policies: [op], obligations: [], code: 'FORBIDDEN' } as const
  const { of } = await useOf(
    used('run.trigger', 'etl_a', [op], { decision: denied }),
    used('ui.view', null, [op]),
    used('session.open', null, [], { kind: 'session' }),
  )
  expect(of(op)).toMatchObject({ uses: 0, people: new Map([['ana@example.com', null]]) })
})

test('names that people make up do not fill the memory', async () => {
  const records = Array.from({ length: 1200 }, (_, i) => used('dag.read', `made_up_${i}`, [op]))
  const use = (await useOf(...records)).of(op)
  expect(use).toMatchObject({ uses: 1200, on: { size: 1000 } })
  expect(leastGrant(config, use)).toMatchObject({ dags: ['*'] })
})

test.each([
  ['nothing', [], trigger, null],
  [
    'one DAG, read',
    [used('dag.read', 'etl_a', [op])],
    op,
    { group: 'data-eng', role: 'trigger', dags: ['etl_a'] },
  ],
  [
    'a verb of user',
    [used('task.clear', 'b', [op]), used('dag.read', 'a', [op])],
    op,
    { group: 'data-eng', role: 'user', dags: ['a', 'b'] },
  ],
  [
    'a list of all DAGs',
    [used('dag.read', '~', [op]), used('dag.read', 'a', [op])],
    op,
    { group: 'data-eng', role: 'trigger', dags: ['*'] },
  ],
  ['something of no DAG', [used('pool.read', null, [ml])], ml, { group: 'ml', role: 'viewer', dags: ['*'] }],
  [
    'names that no pattern can be',
    [used('dag.read', 'etl_ a', [trigger])],
    trigger,
    { group: 'data-eng', role: 'trigger', dags: ['etl_*'] },
  ],
  [
    'twenty DAGs',
    Array.from({ length: 20 }, (_, i) => used('dag.read', `etl_${i + 10}`, [trigger])),
    trigger,
    { group: 'data-eng', role: 'trigger', dags: Array.from({ length: 20 }, (_, i) => `etl_${i + 10}`) },
  ],
  [
    'twenty-one DAGs',
    Array.from({ length: 21 }, (_, i) => used('dag.read', `etl_${i}`, [trigger])),
    trigger,
    { group: 'data-eng', role: 'trigger', dags: ['etl_*'] },
  ],
  [
    'one of two services',
    [used('tcp.connect', null, [connect], { service: 'lake', resource: null })],
    connect,
    { group: 'ml', services: ['lake'] },
  ],
  [
    'reading one of two http services',
    [used('http.read', null, [http], { service: 'wiki', resource: null })],
    http,
    { group: 'ml', services: ['wiki'], verbs: ['http.read'] },
  ],
  [
    'writing to an http service',
    [used('http.write', null, [http], { service: 'wiki', resource: null })],
    http,
    { group: 'ml', services: ['wiki'], verbs: ['http.read', 'http.write'] },
  ],
])('the least grant for %s', async (_name, records, id, expected) => {
  const least = leastGrant(config, (await useOf(...records)).of(id))
  if (expected === null) expect(least).toBeNull()
  else expect(least).toMatchObject(expected)
})

test('what was recorded stays allowed by the least grants, and nothing is added: policies and logs at random', async () => {
  const random = seeded(5)
  const verbs: Verb[] = ['dag.read', 'run.trigger', 'task.clear', 'pool.read', 'variable.write']
  for (let round = 0; round < 15; round += 1) {
    const policy = randomPolicy(random)
    const compiled = compilePolicy(policy)
    const records = Array.from({ length: 12 }, () => {
      const groups = ['g1', 'g2'].filter(() => random() < 0.6)
      const verb = pick(random, verbs)
      const dag = isOnDags(verb) ? pick(random, ['a', 'ab', 'b', 'ba', '~']) : null
      const who: Who = { kind: 'person', name: 'x', groups }
      const decision = ask(compiled, {
        who,
        what: operationOf(verb, dag),
        given: unknownCircumstances(since.getTime()),
      })
      const { effect, policies } = decision
      return used(verb, dag, [], {
        principal: someone('x', ...groups),
        decision: { effect, policies, obligations: [], code: null },
      })
    })
    const { grants } = await grantUse(policy, each(records), since, until)
    const least: PolicyConfig = {
      ...policy,
      grants: grants.flatMap(
        (use) => (leastGrant(policy, use) as PolicyConfig['grants'][number] | null) ?? [],
      ),
    }
    const now = compilePolicy(least)
    for (const { principal, verb, resource, decision } of records) {
      if (decision?.effect !== 'allow') continue
      const who: Who = { kind: 'person', name: 'x', groups: principal?.groups ?? [] }
      const what = operationOf(verb as Verb, resource?.dag ?? null)
      const answer = ask(now, { who, what, given: unknownCircumstances(since.getTime()) })
      expect(answer.effect, JSON.stringify({ policy, least, verb, resource })).toBe('allow')
    }
    const { widened } = comparePolicies(
      { config: policy, cedarFiles: [] },
      { config: least, cedarFiles: [] },
      [['g1', 'g2']],
    )
    expect(widened.filter(({ airflowRole }) => airflowRole === null)).toEqual([])
  }
})

function randomPolicy(random: () => number): PolicyConfig {
  const grants = Array.from({ length: 1 + Math.floor(random() * 4) }, () => ({
    group: pick(random, ['g1', 'g2']),
    role: pick(random, ['viewer', 'user', 'op', 'admin', 'own']),
    dags: [pick(random, ['*', 'a*', '*a', 'b', 'a'])],
  }))
  const roles = { own: { verbs: ['dag.read', 'run.trigger'], airflowRole: 'user' } }
  return policyConfig.parse({ contact: 'Ask us.', roles, grants })
}
