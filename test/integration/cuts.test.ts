import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../build/setup/run.ts'
import { readAudit } from '../support/audit.ts'
import { eventually } from '../support/eventually.ts'
import { type FarCompany, startFarCompany } from '../support/far-company.ts'
import { knownBlock, knownDigest } from '../support/known-bytes.ts'

/** Client and curl on one side of a link, relay and upstream on the other, and a link that is cut ten times. */
const bytes = 200_000_000
const cuts = 10
let company: FarCompany

beforeAll(async () => {
  company = await startFarCompany({ rttMs: 20, mbit: 200, accessTokenSeconds: 600 })
})
afterAll(() => company?.close())

const local = (path: string) => `http://127.0.0.1:${company.port}${path}`
const resumes = async () =>
  (await readAudit(company.relay.auditLog)).filter(({ verb }) => verb === 'session.resume').length

/** Cuts the connections again and again while something runs, each cut after the last was got over. */
async function whileCut<T>(running: Promise<T>): Promise<T> {
  let isOver = false
  void running
    .finally(() => {
      isOver = true
    })
    .catch(() => {})
  for (let i = 0; i < cuts && !isOver; i += 1) {
    const before = await resumes()
    // Half of them with a moment without any network.
    if (i % 2 === 1) await company.wan.down()
    await company.wan.cutConnections()
    if (i % 2 === 1) await company.wan.up()
    await eventually('the session goes on', async () => isOver || (await resumes()) > before)
  }
  return running
}

const asked = async () => JSON.parse(await company.curl(local('/api/v2/dags'))) as Record<string, number>

test('a download of 200 MB through ten cuts is one answer, byte for byte', async () => {
  const before = await resumes()
  const file = join(company.folder, 'down')
  await whileCut(company.curl('-o', file, local(`/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/${bytes}`)))
  expect((await run('sha256sum', [file])).split(' ')[0]).toBe(knownDigest(bytes))
  expect((await resumes()) - before).toBeGreaterThanOrEqual(cuts)
  expect(await asked()).toMatchObject({ downloads: 1 })
})

test('an upload of 200 MB through ten cuts arrives once, byte for byte', async () => {
  const file = join(company.folder, 'up')
  await writeFile(file, repeated(bytes))
  const answer = await whileCut(
    company.curl(
      '-T',
      file,
      '-X',
      'POST',
      '-H',
      'content-type: application/json',
      local('/api/v2/dags/hello/favorite'),
    ),
  )
  expect(JSON.parse(answer)).toEqual({ sha256: knownDigest(bytes) })
  expect(await asked()).toMatchObject({ uploads: 1 })
})

test('triggers while the network is cut again and again happen once each', async () => {
  const before = (await asked()).triggers as number
  const ids: string[] = []
  const trigger = async () => {
    for (let i = 0; i < 300; i += 1) {
      const body = ['-H', 'content-type: application/json', '-d', '{"logical_date":null}']
      ids.push(JSON.parse(await company.curl(...body, local('/api/v2/dags/hello/dagRuns'))).dag_run_id)
    }
  }
  await whileCut(trigger())
  expect(ids).toEqual(Array.from({ length: 300 }, (_, i) => `run-${before + i + 1}`))
})

function* repeated(total: number): Generator<Buffer> {
  for (let left = total; left > 0; left -= knownBlock.length) {
    yield knownBlock.subarray(0, Math.min(left, knownBlock.length))
  }
}
