import { expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import { access } from '#shared/ipc/access.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { accessBy } from '../../../../relay/policy/access.ts'
import { greatestRoleBy } from '../../../../relay/policy/airflow-role.ts'
import type { CedarFile } from '../../../../relay/policy/own-policies.ts'
import { agent, person, policyOf, someTime } from '../../../support/policy.ts'

const services = {
  airflow: { type: 'airflow' },
  db: { type: 'tcp' },
  reports: { type: 'http' },
} as const

/** What someone is told of a policy. */
function told(policy: object, principal: Principal, files: readonly CedarFile[] = []) {
  const cedarFiles = files.map(({ name }) => name)
  const config = policyConfig.parse({ contact: 'Ask us.', grants: [], cedarFiles, ...policy })
  const { policies } = policyOf(config, files)
  const accessOf = accessBy({
    contact: config.contact,
    policies,
    services,
    greatestRole: greatestRoleBy(config),
  })
  const found = accessOf(principal, someTime)
  // Whatever is told, the client takes it.
  expect(access.parse(JSON.parse(JSON.stringify(found)))).toEqual(found)
  return found
}

const grantsAt = ({ services: all }: ReturnType<typeof told>, name: string) =>
  all.find((service) => service.name === name)?.grants ?? []

test('conditions are said in words, and the end of a grant as an instant', () => {
  const when = {
    who: ['person'],
    hours: '08:00-18:00',
    weekdays: ['mon', 'wed'],
    timezone: 'Europe/Berlin',
    networks: ['10.0.0.0/8'],
    maxAuthenticationAgeMinutes: 60,
    acr: ['mfa'],
    conf: { maxBytes: 100, keys: ['day'], requiredKeys: ['day'], forbiddenKeys: ['full'] },
  }
  const grant = { group: 'ops', role: 'user', dags: ['etl_*'], tags: ['team-a'], when, until: '2026-12-31' }
  expect(grantsAt(told({ grants: [grant] }, person('ops')), 'airflow')).toMatchObject([
    {
      policy: 'ops:user:etl_*:#team-a',
      role: 'user',
      group: 'ops',
      dags: ['etl_*'],
      tags: ['team-a'],
      until: '2027-01-01T00:00:00.000Z',
      conditions: [
        'only for a person',
        'only signed in at most 60 min ago',
        'only signed in with mfa',
        'only from 08:00 to 18:00 Europe/Berlin',
        'only on mon, wed (Europe/Berlin)',
        'only from 10.0.0.0/8',
        'only with a conf of at most 100 bytes',
        'only with no other keys in conf than day',
        'only with day in conf',
        'only without full in conf',
      ],
    },
  ])
})

test('a grant that has ended is not told, up to its last moment it is', () => {
  const grants = (until: string) => ({ grants: [{ group: 'ops', role: 'user', until }] })
  const before = new Date(someTime).toISOString()
  const after = new Date(someTime + 1).toISOString()
  expect(grantsAt(told(grants(before), person('ops')), 'airflow')).toEqual([])
  expect(told(grants(before), person('ops')).services[0]?.airflowRole).toBeNull()
  expect(grantsAt(told(grants(after), person('ops')), 'airflow')).toHaveLength(1)
})

test('what is of other services is told there, with its paths', () => {
  const all = told(
    {
      connect: [{ group: 'ops', services: ['db'] }],
      http: [
        { group: 'ops', services: ['reports'], verbs: ['http.write'], paths: ['/daily/*'] },
        { group: 'sales', services: ['reports'], verbs: ['http.read'] },
      ],
    },
    person('ops'),
  )
  expect(grantsAt(all, 'airflow')).toEqual([])
  expect(grantsAt(all, 'db')).toMatchObject([{ role: 'connect', verbs: ['tcp.connect'], conditions: [] }])
  expect(grantsAt(all, 'reports')).toMatchObject([
    { role: 'write', verbs: ['http.read', 'http.write'], conditions: ['only for /daily/*'] },
  ])
})

test('what is forbidden is told with when, what lifts it and why, where it is for them', () => {
  const rule = { verbs: ['run.trigger'], dags: ['finance_*'], reason: 'Quarter end.' }
  const { forbids } = told(
    {
      forbid: [
        {
          ...rule,
          when: { weekdays: ['sat', 'sun'] },
          unless: { acr: ['mfa'], maxAuthenticationAgeMinutes: 5 },
        },
        { ...rule, group: 'sales' },
        { ...rule, until: '2026-01-01' },
      ],
    },
    person('ops'),
  )
  expect(forbids).toMatchObject([
    {
      verbs: ['run.trigger'],
      dags: ['finance_*'],
      conditions: ['only on sat, sun (UTC)', 'unless signed in at most 5 min ago and signed in with mfa'],
      reason: 'Quarter end.',
      until: null,
    },
  ])
})

test('policies of files are not told, and that there are some is', () => {
  const text = `@id("own") permit (principal in Jetway::Group::"ops", action == Jetway::Action::"dag.read", resource);
    @id("all") forbid (principal, action == Jetway::Action::"dag.delete", resource);
    @id("else") permit (principal in Jetway::Group::"sales", action == Jetway::Action::"dag.read", resource);`
  const files = [{ name: 'own.cedar', text }]
  expect(told({}, person('ops'), files)).toMatchObject({ otherPolicies: 2, forbids: [] })
  expect(told({}, person(), files)).toMatchObject({ otherPolicies: 1 })
})

test('of whom groups are missing is told that, and of whose may be cut off nothing else', () => {
  const grants = { grants: [{ group: 'ops', role: 'user' }] }
  const cut = told(grants, { ...person('ops'), groupsMissing: 'cut' })
  expect(grantsAt(cut, 'airflow')).toEqual([])
  expect(cut.services[0]?.airflowRole).toBeNull()
  expect(cut.person.groupsProblem).toContain('cut off')
  expect(told(grants, { ...person(), groupsMissing: 'absent' }).person.groupsProblem).toContain('sent none')
})

test('an agent is told only what an agent may', () => {
  const [grant] = grantsAt(told({ grants: [{ group: 'ops', role: 'user' }] }, agent('ops')), 'airflow')
  expect(grant?.verbs).toContain('dag.read')
  expect(grant?.verbs).not.toContain('run.trigger')
  const connect = told({ connect: [{ group: 'ops', services: ['db'] }] }, agent('ops'))
  expect(grantsAt(connect, 'db')).toEqual([])
})

test('there is room for so much, and what is left out is counted', () => {
  const grants = Array.from({ length: 400 }, (_, i) => ({
    group: 'ops',
    role: 'admin',
    dags: [`dag_${i}`, `${'x'.repeat(250)}`],
  }))
  const all = told({ grants, forbid: [{ verbs: ['dag.delete'], reason: 'Never.' }] }, person('ops'))
  const listed = grantsAt(all, 'airflow')
  expect(all.forbids).toHaveLength(1)
  expect(listed.length).toBeGreaterThan(10)
  expect(all.omitted).toBe(400 - listed.length)
  expect(JSON.stringify(all).length).toBeLessThan(300_000)
})

test('an id that is longer than anyone reads is cut', () => {
  const dags = Array.from({ length: 100 }, (_, i) => `${'x'.repeat(100)}${i}`)
  const [grant] = grantsAt(told({ grants: [{ group: 'ops', role: 'user', dags }] }, person('ops')), 'airflow')
  expect(grant?.policy).toHaveLength(1024)
  expect(grant?.dags).toHaveLength(100)
})
