import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditRecord } from '../../../../relay/audit/record.ts'
import { type BalancedRelay, signers, startBalancedRelay } from '../../../support/balanced-relay.ts'
import { eventually } from '../../../support/eventually.ts'
import { pick, seeded } from '../../../support/random.ts'

let site: BalancedRelay
beforeAll(async () => {
  site = await startBalancedRelay({
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'data-eng', role: 'user', dags: ['etl_*', 'hello'] },
        { group: 'finance-ops', role: 'user', dags: ['finance_*'] },
        { group: 'auditors', role: 'viewer' },
        { group: 'ops', role: 'op' },
      ],
    },
  })
  site.upstream.answer = (_request, response) => response.end('{"dag_run_id":"r"}')
})
afterAll(() => site?.close())

const groups = ['data-eng', 'finance-ops', 'auditors', 'ops', 'nobody-knows', 'ünïcode group']
const paths = [
  ['GET', '/api/v2/dags/hello'],
  ['GET', '/api/v2/dags'],
  ['GET', '/api/v2/variables'],
  ['GET', '/api/v2/connections'],
  ['GET', '/api/v2/nowhere'],
  ['DELETE', '/api/v2/dags/hello'],
  ['POST', '/api/v2/dags/etl_orders/dagRuns'],
  ['POST', '/api/v2/dags/finance_close/dagRuns'],
  ['PATCH', '/api/v2/dags/finance_close'],
] as const

const effects = new Set<string | undefined>()

/** What was decided, and for whom. */
const decidedOf = ({ principal, decision, verb, resource, status, error }: AuditRecord) => ({
  // How they came in is what differs.
  who: { ...principal, issuer: null, authentication: null },
  decision,
  verb,
  resource,
  status,
  error,
})

test.each([1, 2, 3])(
  'whoever comes by a header may do what they may with a token (seed %i)',
  async (seed) => {
    const random = seeded(seed)
    for (let i = 0; i < 6; i += 1) {
      const own = groups.filter(() => random() < 0.35)
      const shape = pick(random, [own, own.length === 1 ? own[0] : own, own.length === 0 ? undefined : own])
      const sub = `person-${Math.floor(random() * 1e6)}`
      const email = pick(random, [`${sub}@example.com`, 'a@b@c', undefined])
      const claims = { sub, email, groups: shape, custom: { groups: shape } }
      const [method, path] = pick(random, paths)
      const asked = { method, path, ...(method === 'GET' ? {} : { body: '{"logical_date":null}' }) }
      const json = ['Content-Type', 'application/json'] as const
      const token = await site.provider.token({ sub, email, groups: shape })
      const ids = [(await site.ask(null, [['Authorization', `Bearer ${token}`], json], asked)).headers]
      for (const signer of signers) {
        // Cloudflare has them in `custom` alone.
        const said =
          signer === 'cloudflare-access' ? { ...claims, groups: undefined } : { ...claims, custom: undefined }
        const header = [site.balancers.headers[signer], await site.balancers.token(signer, { claims: said })]
        ids.push((await site.ask(signer, [header as [string, string], json], asked)).headers)
      }
      const [byToken, ...byHeader] = await eventually('all are in the audit', async () => {
        const records = await site.relay.records()
        const found = ids.map((headers) => records.find(({ id }) => id === headers['x-request-id']))
        return found.every((record) => record !== undefined) && found
      })
      effects.add(byToken?.decision?.effect)
      for (const record of byHeader) expect(decidedOf(record)).toEqual(decidedOf(byToken as AuditRecord))
    }
  },
)

test('some were allowed, and some were not', () => {
  expect(effects).toEqual(new Set(['allow', 'deny']))
})
