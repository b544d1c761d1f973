import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { run } from '../../build/setup/run.ts'
import { readAudit } from '../support/audit.ts'
import { type CliClient, connectAs } from '../support/cli-client.ts'
import { eventually } from '../support/eventually.ts'

/** A real Airflow, a relay in a process of its own, and two people at their own machines. */
const company = inject('company')
const cli = join(import.meta.dirname, '../../cli/main.ts')
let ana: CliClient
let bob: CliClient
beforeAll(async () => {
  ana = await connectAs(company, 'ana')
  bob = await connectAs(company, 'bob')
})
afterAll(async () => {
  await ana?.close()
  await bob?.close()
})

const requests = async ({ home }: CliClient, ...args: string[]) =>
  JSON.parse(
    await run(process.execPath, [cli, 'requests', ...args, '--json'], {
      env: { ...process.env, JETWAY_HOME: home },
    }),
  )
const trigger = async () => {
  const response = await fetch(`${ana.airflow}/api/v2/dags/finance_close/dagRuns`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"logical_date":null}',
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('denied, asked for, approved by another team, done in Airflow under one’s own name, given back, denied', async () => {
  const denied = await trigger()
  expect(denied).toMatchObject({
    status: 403,
    body: { code: 'FORBIDDEN', action: expect.stringMatching(/^You may ask for it.*#data-platform/) },
  })
  const { request } = await requests(ana, 'ask', 'user', '--for', '10m', '--reason', 'The close is stuck.')
  expect((await requests(bob)).toDecide).toMatchObject([{ id: request.id, name: 'ana@example.com' }])
  expect((await trigger()).status).toBe(403)
  await requests(bob, 'approve', request.id.slice(0, 8), '--note', 'One run.')
  const { status, body } = await trigger()
  expect([status, body.triggering_user_name]).toEqual([200, 'ana@example.com'])
  await requests(ana, 'end', request.id.slice(0, 8))
  expect((await trigger()).status).toBe(403)
  const record = await eventually('the run is in the audit log', async () =>
    (await readAudit(company.auditLog)).find(({ approval }) => approval === request.id),
  )
  expect(record).toMatchObject({ verb: 'run.trigger', principal: { name: 'ana@example.com' }, status: 200 })
})
