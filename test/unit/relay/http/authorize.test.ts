import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** A relay whose grants depend on the conf, with direct HTTP. */
let folder: string
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let authorization: string
let received: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cedar-'))
  const cedarFile = join(folder, 'rules.cedar')
  await writeFile(
    cedarFile,
    `@id("urgent") @obligation("reason")
    permit (principal in Jetway::Group::"data-eng", action == Jetway::Action::"run.trigger", resource)
    when { resource.dag == "urgent" };`,
  )
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  upstream.answer = async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    received.push(body)
    response.end('{"dag_run_id":"manual__1"}')
  }
  relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'data-eng', role: 'user', dags: ['etl'], when: { conf: { keys: ['day'] } } },
        { group: 'data-eng', role: 'viewer' },
      ],
      cedarFiles: [cedarFile],
    },
    limits: { maxTriggerBodyBytes: 1024 },
  })
  authorization = `Bearer ${await provider.token()}`
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await provider?.close()
  await rm(folder, { recursive: true })
})

async function trigger(dag: string, body: string, headers: Record<string, string> = {}) {
  received = []
  const response = await fetch(`${relay.url}/api/v2/dags/${dag}/dagRuns`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body,
  })
  const { code, detail } = (await response.json()) as { code?: string; detail?: string }
  return { status: response.status, code, detail }
}

const lastRecord = async () => {
  await relay.auditLog.flush()
  return (await relay.records()).at(-1)
}

test('a trigger is decided on by its conf, and arrives as it was sent', async () => {
  const body = ' {"logical_date": null, "conf": {"day": "2026-11-25" } }'
  expect(await trigger('etl', body)).toMatchObject({ status: 200 })
  expect(received).toEqual([body])
  expect(await lastRecord()).toMatchObject({
    confDigest: expect.stringMatching(/^sha256:/),
    decision: { effect: 'allow', policies: ['data-eng:user:etl'] },
    resource: { run: 'manual__1' },
  })
})

test.each([
  ['a key that is not allowed', '{"conf":{"day":1,"full":true}}', 403, 'CONDITION_NOT_MET'],
  ['a conf that is no object', '{"conf":["day"]}', 400, 'BAD_REQUEST'],
  ['the conf twice', '{"conf":{"day":1},"conf":{"full":1}}', 400, 'BAD_REQUEST'],
  ['no JSON', 'hello', 400, 'BAD_REQUEST'],
  ['more than is taken in', `{"conf":{"day":"${'y'.repeat(1024)}"}}`, 413, 'BODY_TOO_LARGE'],
])('a body with %s does not arrive', async (_what, body, status, code) => {
  expect(await trigger('etl', body)).toMatchObject({ status, code })
  expect(received).toEqual([])
})

test('what failed is said, and recorded with the digest of the conf', async () => {
  expect((await trigger('etl', '{"conf":{"full":true}}')).detail).toBe(
    'run.trigger on etl is yours under a condition: conf has keys that are not allowed: full.',
  )
  expect(await lastRecord()).toMatchObject({
    confDigest: expect.stringMatching(/^sha256:/),
    decision: { effect: 'deny', code: 'CONDITION_NOT_MET' },
  })
})

test('who may not trigger whatever the conf is, is told so before the body is there', async () => {
  const url = `${relay.url}/api/v2/dags/finance/dagRuns`
  const outgoing = request(url, {
    method: 'POST',
    headers: { authorization, 'transfer-encoding': 'chunked' },
  })
  outgoing.on('error', () => {})
  outgoing.write('{"conf":')
  const status = await new Promise((resolve) => outgoing.once('response', (r) => resolve(r.statusCode)))
  expect(status).toBe(403)
  outgoing.destroy()
})

test('an allow under an obligation takes the reason', async () => {
  expect(await trigger('urgent', '{}')).toMatchObject({ status: 428, code: 'REASON_REQUIRED' })
  expect(await lastRecord()).toMatchObject({ decision: { effect: 'deny', code: 'REASON_REQUIRED' } })
  for (const reason of ['', ' ', 'x'.repeat(501)]) {
    expect(await trigger('urgent', '{}', { 'x-jetway-reason': reason })).toMatchObject({ status: 428 })
  }
  expect(await trigger('urgent', '{}', { 'x-jetway-reason': 'INC-7 is open' })).toMatchObject({ status: 200 })
  expect(await lastRecord()).toMatchObject({
    decision: { effect: 'allow', policies: ['urgent'], obligations: ['reason'] },
  })
})
