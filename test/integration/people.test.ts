import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { run } from '../../build/setup/run.ts'
import { readAudit } from '../support/audit.ts'
import { type CliClient, connectAs } from '../support/cli-client.ts'
import { curl } from '../support/curl.ts'
import { eventually } from '../support/eventually.ts'

const company = inject('company')
const cli = join(import.meta.dirname, '../../cli/main.ts')
const json = { 'content-type': 'application/json' }
const trigger = { method: 'POST', headers: json, body: '{"logical_date":null,"conf":{"month":"2026-10"}}' }

describe('ana, of data-eng', () => {
  let client: CliClient
  beforeAll(async () => {
    client = await connectAs(company, 'ana')
  })
  afterAll(() => client?.close())

  test('apache-airflow-client lists and triggers without a token of its own', async () => {
    const script = join(import.meta.dirname, 'python/list_and_trigger.py')
    const output = await run(join(company.airflowClientBin, 'python'), [script, client.airflow, 'hello'])
    expect(JSON.parse(output)).toEqual({
      dags: ['etl_orders', 'finance_close', 'hello'],
      run: expect.stringContaining('manual__'),
      triggered_by: 'ana@example.com',
    })
  })

  test('curl lists and triggers', async () => {
    const list = await run('curl', ['-sS', '--fail', `${client.airflow}/api/v2/dags`])
    expect(JSON.parse(list).total_entries).toBe(3)
    const args = ['-sS', '--fail', '-H', 'content-type: application/json', '-d', '{"logical_date":null}']
    const made = JSON.parse(await run('curl', [...args, `${client.airflow}/api/v2/dags/hello/dagRuns`]))
    expect(made).toMatchObject({ triggering_user_name: 'ana@example.com' })
  })

  test('what her role does not have is denied, with what is missing and who can give it', async () => {
    const response = await fetch(`${client.airflow}/api/v2/dags/finance_close/dagRuns`, trigger)
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({
      code: 'FORBIDDEN',
      detail: expect.stringMatching(
        /run\.trigger on finance_close needs the role user\. You have viewer, user on hello/,
      ),
      action: expect.stringContaining('#data-platform'),
    })
  })

  test.each([
    ['GET', '/api/v2/connections', 'FORBIDDEN'],
    ['GET', '/api/v2/variables', 'FORBIDDEN'],
    ['GET', '/api/v3/dags', 'ROUTE_UNKNOWN'],
    ['GET', '/api/v2/dags/hello/secret', 'ROUTE_UNKNOWN'],
    ['TRACE', '/api/v2/dags', 'ROUTE_UNKNOWN'],
    ['POST', '/ui/auth/token', 'ROUTE_CLOSED'],
    ['POST', '/auth/token', 'ROUTE_CLOSED'],
    ['GET', '/auth/token/login', 'ROUTE_CLOSED'],
    ['GET', '/execution/health', 'ROUTE_CLOSED'],
    ['PATCH', '/execution/task-instances/1/run', 'ROUTE_CLOSED'],
    ['GET', '/api/v2/auth/login', 'ROUTE_CLOSED'],
  ])('%s %s is %s', async (method, path, code) => {
    // fetch refuses TRACE by itself
    const { status, body } = await curl(client.airflow + path, '-X', method)
    expect([status, JSON.parse(body).code]).toEqual([403, code])
  })

  test.each([
    '/api/v2/../../execution/health',
    '/api/v2/%2e%2e/execution/health',
    '/api/v2%2fdags',
    '//execution/health',
    '/api/v2/dags;x=1',
  ])('%s is refused before anything decides', async (path) => {
    const { status, body } = await curl(client.airflow + path, '--path-as-is')
    expect([status, JSON.parse(body).code]).toEqual([400, 'BAD_REQUEST'])
  })

  test.each([
    ['another Host', ['-H', 'Host: evil.example'], 403],
    ['a foreign Origin', ['-H', 'Origin: https://evil.example'], 403],
    ['a cross-site fetch', ['-H', 'Sec-Fetch-Site: cross-site', '-H', 'Sec-Fetch-Mode: cors'], 403],
    [
      'a cross-site form',
      ['-X', 'POST', '-H', 'Sec-Fetch-Site: cross-site', '-H', 'Sec-Fetch-Mode: navigate'],
      403,
    ],
    [
      'a link in a chat',
      [
        '-H',
        'Sec-Fetch-Site: cross-site',
        '-H',
        'Sec-Fetch-Mode: navigate',
        '-H',
        'Sec-Fetch-Dest: document',
      ],
      200,
    ],
  ])('%s: %s', async (_what, headers, status) => {
    const answer = await curl(`${client.airflow}/`, ...headers)
    expect(answer.status).toBe(status)
  })

  test('no cookie of Airflow’s gets in or out', async () => {
    const response = await fetch(`${client.airflow}/ui/auth/me`, { headers: { cookie: '_token=forged' } })
    expect(await response.json()).toMatchObject({ username: 'ana@example.com' })
    expect(response.headers.getSetCookie().filter((cookie) => cookie.startsWith('_token='))).toEqual([])
  })

  test('the command line says what she may do, and what went through and why it was refused', async () => {
    const env = { ...process.env, JETWAY_HOME: client.home }
    const access = await run(process.execPath, [cli, 'access'], { env })
    expect(access).toMatch(/^ana@example\.com, in .*data-eng[\s\S]*viewer +data-eng +\*[\s\S]*#data-platform/)
    expect(await run(process.execPath, [cli, 'status'], { env })).toMatch(
      /Airflow: http:\S+ · Airflow 3\.3\.2$/m,
    )
    const live = spawn(process.execPath, [cli, 'activity', '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const denial = await fetch(`${client.airflow}/api/v2/dags/finance_close/dagRuns`, trigger)
      const id = denial.headers.get('x-request-id')
      for await (const line of createInterface(live.stdout)) {
        const told = JSON.parse(line)
        if (told.id !== id) continue
        expect(told).toMatchObject({
          service: 'airflow',
          verb: 'run.trigger',
          dag: 'finance_close',
          status: 403,
          effect: 'deny',
          problem: { code: 'FORBIDDEN', action: expect.stringContaining('#data-platform') },
        })
        break
      }
    } finally {
      live.kill()
    }
  })
})

describe('mallory, of no group', () => {
  let client: CliClient
  beforeAll(async () => {
    client = await connectAs(company, 'mallory')
  })
  afterAll(() => client?.close())

  test.each(['/', '/dags', '/api/v2/dags', '/api/v2/version', '/ui/config'])(
    '%s tells her what is missing',
    async (path) => {
      const page = await curl(client.airflow + path, '-H', 'Accept: text/html')
      expect([page.status, page.type]).toEqual([403, 'text/html; charset=utf-8'])
      expect(page.body).toMatch(/You may not do this yet[\s\S]*You have no role here[\s\S]*#data-platform/)
      const program = await fetch(client.airflow + path)
      expect(program.status).toBe(403)
      expect(await program.json()).toMatchObject({
        code: 'FORBIDDEN',
        action: expect.stringContaining('Ask'),
      })
    },
  )

  test('nothing of hers reaches Airflow', async () => {
    await fetch(`${client.airflow}/api/v2/dags/hello/dagRuns`, trigger)
    const ofMallory = async () =>
      (await readAudit(company.auditLog)).filter(({ principal }) => principal?.subject === 'mallory')
    const records = await eventually('the record of her trigger', async () => {
      const all = await ofMallory()
      return all.some(({ verb }) => verb === 'run.trigger') && all
    })
    const requests = records.filter(({ kind }) => kind === 'request')
    expect(requests.filter(({ decision, status }) => decision?.effect !== 'deny' || status !== 403)).toEqual(
      [],
    )
    expect(records).toContainEqual(expect.objectContaining({ verb: 'session.open' }))
  })
})
