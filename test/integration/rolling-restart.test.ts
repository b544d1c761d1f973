import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../demo/free-port.ts'
import { connectHeadless } from '../../demo/headless.ts'
import { Processes } from '../../demo/processes.ts'
import { type DemoProvider, startProvider } from '../../demo/provider/provider.ts'
import { type DemoRelay, runRelay, startRelay, writeKeys } from '../../demo/stack.ts'
import { parseVkey } from '../../relay/audit/note.ts'
import { verifyLog } from '../../relay/audit/verify.ts'
import { eventually } from '../support/eventually.ts'

/** Relay and client are processes of their own; the upstream counts what reaches it. */
const slowChunks = 30
const slowEveryMs = 100
let stateDir: string
let provider: DemoProvider
let upstream: Server
let relay: DemoRelay
let port: number
const clientProcesses = new Processes()
let relayProcesses = new Processes()
const reached = new Map<string, number>()

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'jetway-rolling-'))
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  upstream = createServer((asked, response) => {
    if (asked.url?.includes('/logs/')) {
      let left = slowChunks
      const timer = setInterval(() => {
        left -= 1
        response.write('x'.repeat(1000))
        if (left > 0) return
        clearInterval(timer)
        response.end()
      }, slowEveryMs)
      return
    }
    // The relay itself asks which version it is.
    const id = asked.headers['x-load-id']
    if (typeof id === 'string') reached.set(id, (reached.get(id) ?? 0) + 1)
    asked.resume().once('end', () => response.end('{}'))
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  port = await freePort()
  relay = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    airflowUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    issuer: provider.issuer,
    relayPort: 0,
    localPort: port,
    processes: relayProcesses,
  })
  await connectHeadless({ stack: relay, stateDir, user: 'ana', port: null, processes: clientProcesses })
})
afterAll(async () => {
  await clientProcesses.stopAll()
  await relayProcesses.stopAll()
  upstream.close()
  upstream.closeAllConnections()
  await provider.close()
  await rm(stateDir, { recursive: true, force: true })
})

/** Its answer takes three seconds. */
const askSlow = () => fetch(`http://localhost:${port}/api/v2/dags/hello/dagRuns/r/taskInstances/t/logs/1`)

/** One request over a connection that is kept. @returns the status, or what went wrong */
async function ask(agent: Agent, method: string, path: string, id: string): Promise<number | string> {
  const headers = { 'x-load-id': id, 'content-type': 'application/json' }
  const asking = request({ agent, host: 'localhost', port, method, path, headers })
  asking.end(method === 'POST' ? '{"dag_ids":["hello"]}' : undefined)
  try {
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    await once(response.resume(), 'end')
    return response.statusCode as number
  } catch (error) {
    return (error as Error).message
  }
}

test('a restart under load fails no request, sends none twice, and cuts no answer', async () => {
  const results: (number | string)[] = []
  let isOver = false
  const worker = async (name: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let n = 0; !isOver; n += 1) {
      const isChange = n % 3 === 0
      results.push(
        isChange
          ? await ask(agent, 'POST', '/api/v2/dags/~/dagRuns/list', `${name}-${n}`)
          : await ask(agent, 'GET', '/api/v2/dags', `${name}-${n}`),
      )
    }
    agent.destroy()
  }
  const workers = Array.from({ length: 8 }, (_, name) => worker(name))
  await eventually('load', async () => results.length > 100)
  const slow = askSlow()
  await slow

  const old = relayProcesses
  const stopped = old.stopAll()
  await eventually('draining', async () =>
    (await readFile(relay.relayLog, 'utf8')).includes('"msg":"draining"'),
  )
  relayProcesses = new Processes()
  await runRelay(relayProcesses, relay.relayConfig, relay.relayLog)
  const before = results.length
  await stopped
  await eventually('load on the new relay', async () => results.length > before + 200)
  isOver = true
  await Promise.all(workers)

  expect(results.filter((result) => result !== 200)).toEqual([])
  expect([...reached.values()].filter((times) => times !== 1)).toEqual([])
  expect((await (await slow).text()).length).toBe(slowChunks * 1000)
  const vkey = await readFile(join(dirname(relay.relayConfig), 'audit.pub'), 'utf8')
  expect(await verifyLog(relay.auditLog, parseVkey(vkey))).toMatchObject({ fault: null })
})

test('what has not ended when the time is up is cut', async () => {
  await relayProcesses.stopAll()
  await appendFile(relay.relayConfig, 'limits: { drainSeconds: 1 }\n')
  relayProcesses = new Processes()
  await runRelay(relayProcesses, relay.relayConfig, relay.relayLog)
  const slow = await askSlow()
  const stopped = relayProcesses.stopAll()
  await expect(slow.text()).rejects.toThrow()
  await stopped
})
