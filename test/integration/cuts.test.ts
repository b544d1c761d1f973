import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../build/setup/run.ts'
import { freePort } from '../../demo/free-port.ts'
import { connectHeadless } from '../../demo/headless.ts'
import { Processes } from '../../demo/processes.ts'
import { type DemoProvider, startProvider } from '../../demo/provider/provider.ts'
import { type DemoRelay, startRelay, writeKeys } from '../../demo/stack.ts'
import { readAudit } from '../support/audit.ts'
import { eventually } from '../support/eventually.ts'
import { knownBlock, knownDigest } from '../support/known-bytes.ts'
import { startWan, type Wan } from '../support/wan/wan.ts'

/** Client and curl on one side of a link, relay and upstream on the other, and a link that is cut ten times. */
const bytes = 200_000_000
const cuts = 10
const rttMs = 20
const here = import.meta.dirname
let stateDir: string
let wan: Wan
let provider: DemoProvider
let relay: DemoRelay
let near: Processes
let far: Processes
let port: number

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'jetway-cuts-'))
  wan = await startWan()
  await wan.set({ rttMs, mbit: 200 })
  near = new Processes((command, args) => wan.inNamespace('near', command, args))
  far = new Processes((command, args) => wan.inNamespace('far', command, args))
  provider = await startProvider({ port: 0, accessTokenSeconds: 600 })
  await wan.publish(Number(new URL(provider.issuer).port))
  const upstreamPort = await new Promise<string>((onLine, reject) => {
    far.failure.catch(reject)
    const script = join(here, '../support/hashing-upstream.ts')
    far.start('upstream', process.execPath, [script], { logFile: join(stateDir, 'upstream.log'), onLine })
  })
  port = await freePort()
  relay = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    host: wan.addresses.far,
    airflowUrl: `http://127.0.0.1:${upstreamPort}`,
    issuer: provider.issuer,
    relayPort: 0,
    localPort: port,
    processes: far,
  })
  const browser = join(here, '../bench/sign-in.ts')
  await connectHeadless({
    stack: relay,
    stateDir,
    user: 'ana',
    port: null,
    processes: near,
    signIn: (url, user) => run(...wan.inNamespace('near', process.execPath, [browser, url, user])),
  })
})
afterAll(async () => {
  await near?.stopAll()
  await far?.stopAll()
  await wan?.stop()
  await provider?.close()
  await rm(stateDir, { recursive: true, force: true })
})

const local = (path: string) => `http://127.0.0.1:${port}${path}`
const curl = (...args: string[]) =>
  run(...wan.inNamespace('near', 'curl', ['-sS', '--fail', '--max-time', '80', ...args]))
const resumes = async () =>
  (await readAudit(relay.auditLog)).filter(({ verb }) => verb === 'session.resume').length

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
    if (i % 2 === 1) await wan.down()
    await wan.cutConnections()
    if (i % 2 === 1) await wan.up()
    await eventually('the session goes on', async () => isOver || (await resumes()) > before)
  }
  return running
}

const asked = async () => JSON.parse(await curl(local('/api/v2/dags'))) as Record<string, number>

test('a download of 200 MB through ten cuts is one answer, byte for byte', async () => {
  const before = await resumes()
  const file = join(stateDir, 'down')
  await whileCut(curl('-o', file, local(`/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/${bytes}`)))
  expect((await run('sha256sum', [file])).split(' ')[0]).toBe(knownDigest(bytes))
  expect((await resumes()) - before).toBeGreaterThanOrEqual(cuts)
  expect(await asked()).toMatchObject({ downloads: 1 })
})

test('an upload of 200 MB through ten cuts arrives once, byte for byte', async () => {
  const file = join(stateDir, 'up')
  await writeFile(file, repeated(bytes))
  const answer = await whileCut(
    curl(
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
      ids.push(JSON.parse(await curl(...body, local('/api/v2/dags/hello/dagRuns'))).dag_run_id)
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
