import { describe, expect, test } from 'vitest'
import type { AirflowMajor } from '#shared/airflow/operation.ts'
import { resolve } from '#shared/airflow/resolve.ts'
import { isNarrowed, touched } from '#shared/airflow/touched.ts'
import { policyConfig } from '#shared/config/policy-config.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { greatestRoleBy } from '../../../../relay/policy/airflow-role.ts'
import { compilePolicy } from '../../../../relay/policy/policy.ts'
import { dagsSpokenOf } from '../../../../relay/policy/spoken-of.ts'
import { together } from '../../../../relay/policy/together.ts'
import { plainContext, someTime } from '../../../support/policy.ts'

const config = policyConfig.parse({
  contact: 'Ask.',
  roles: { logs: { verbs: ['log.read'], airflowRole: 'viewer' } },
  grants: [
    { group: 'data-eng', role: 'viewer', dags: ['hello', 'etl_*'] },
    { group: 'data-eng', role: 'user', dags: ['hello'] },
    { group: 'auditors', role: 'logs', dags: ['finance_*'] },
    { group: 'platform', role: 'admin' },
  ],
})
const policy = compilePolicy(config)
const person = (...groups: string[]): Principal => ({
  kind: 'person',
  issuer: 'https://id.example.com',
  subject: '1',
  name: 'ana@example.com',
  email: null,
  groups,
  authTime: null,
  authentication: { by: 'identity.oidc', tokenId: null, sessionId: null, acr: null },
  expires: 0,
})

/** As the chain decides, for an Airflow that narrows. */
function spokenOf(line: string, groups: string[], airflow: AirflowMajor = 3): readonly string[] | null {
  const [method = '', target = ''] = line.split(' ')
  const what = resolve(method, target, airflow)
  if (!what) throw new Error(`${line} is not known`)
  const all = touched(what, target)
  const principal = person(...groups)
  const requestOf = (each: typeof what) => ({ principal, ...each, tags: null, context: plainContext })
  const decide = (each: typeof what) =>
    isNarrowed(each) ? policy.authorizeNarrowed(requestOf(each)) : policy.authorize(requestOf(each))
  const decision = together(all.map(decide))
  return decision.effect === 'deny' ? null : dagsSpokenOf(policy, requestOf, all, decision)
}

describe('the DAGs of which Airflow may speak', () => {
  test.each([
    ['GET /api/v2/dags', ['data-eng'], ['hello', 'etl_*']],
    ['GET /api/v2/dags/hello', ['data-eng'], ['etl_*', 'hello']],
    ['GET /api/v2/dags/etl_orders', ['data-eng'], ['etl_*', 'etl_orders', 'hello']],
    ['POST /api/v2/dags/hello/dagRuns', ['data-eng'], ['hello']],
    ['POST /api/v2/dags/hello/dagRuns', ['data-eng', 'platform'], ['*']],
    ['GET /api/v2/variables', ['platform'], ['*']],
    ['GET /ui/config', ['auditors'], ['finance_*']],
  ])('%s for %o: %o', (line, groups, expected) => {
    expect(spokenOf(line, groups)).toEqual(expected)
  })

  test.each([
    ['GET /api/v2/dags', ['auditors']],
    ['GET /api/v2/dags', []],
    ['GET /api/v2/dags/finance_close', ['data-eng']],
    ['POST /api/v2/dags/etl_orders/dagRuns', ['data-eng']],
  ])('%s is denied for %o', (line, groups) => {
    expect(spokenOf(line, groups)).toBeNull()
  })
})

test('a person’s role in Airflow 2 is the greatest of their grants', () => {
  const greatest = greatestRoleBy(config)
  expect(greatest(person('data-eng'), someTime)).toBe('user')
  expect(greatest(person('data-eng', 'platform'), someTime)).toBe('admin')
  expect(greatest(person('other'), someTime)).toBeNull()
})
