import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { run } from '../../build/setup/run.ts'
import { makeCertificate } from '../../demo/certificate.ts'
import { freePort } from '../../demo/free-port.ts'
import { Processes } from '../../demo/processes.ts'
import { type DemoProvider, startProvider } from '../../demo/provider/provider.ts'
import { type DemoRelay, startRelay, writeKeys } from '../../demo/stack.ts'
import type { ReloadRecord } from '../../relay/audit/reload-record.ts'
import type { ReloadResult } from '../../relay/reload/reloader.ts'
import type { RelayStatus } from '../../relay/status.ts'
import { readAudit } from '../support/audit.ts'
import { eventually } from '../support/eventually.ts'
import { startToldUpstream, type ToldUpstream } from '../support/told-upstream.ts'

/** A relay as a process of its own, as it is run. */
let stateDir: string
let provider: DemoProvider
let upstream: ToldUpstream
let relay: DemoRelay
const processes = new Processes()
const main = join(import.meta.dirname, '../../relay/main.ts')

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'jetway-reload-'))
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  upstream = await startToldUpstream()
  relay = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    airflowUrl: upstream.url,
    issuer: provider.issuer,
    relayPort: 0,
    localPort: await freePort(),
    processes,
  })
})
afterAll(async () => {
  await processes.stopAll()
  upstream?.close()
  await provider?.close()
  await rm(stateDir, { recursive: true, force: true })
})

const relayCommand = (...args: string[]) =>
  run(process.execPath, [main, ...args, '--config', relay.relayConfig])
const status = async (): Promise<RelayStatus> => JSON.parse(await relayCommand('status', '--json'))

async function edit(change: (config: { policy: { grants: object[] } } & Record<string, unknown>) => void) {
  const config = parse(await readFile(relay.relayConfig, 'utf8'))
  change(config)
  await writeFile(relay.relayConfig, stringify(config))
}

const more = { group: 'data-eng', role: 'op' }

test('the command swaps, says whose access changes, and wants a widening to be said', async () => {
  const { generation } = await status()
  await edit(({ policy }) => policy.grants.push(more))
  await expect(relayCommand('reload')).rejects.toThrow(/widens access[\s\S]*data-eng[\s\S]*--allow-widening/)
  expect((await status()).generation.id).toBe(generation.id)
  expect(await relayCommand('reload', '--dry-run')).toMatch(/^Would be swapped[\s\S]*widens: data-eng/)
  const result: ReloadResult = JSON.parse(await relayCommand('reload', '--allow-widening', '--json'))
  expect(result).toMatchObject({ before: generation.id, swapped: true })
  expect(await relayCommand('status')).toContain(`generation ${result.after}`)
})

test('SIGHUP swaps what is no wider, and refuses what is', async () => {
  const { pid, generation } = await status()
  await edit(({ policy }) => policy.grants.pop())
  process.kill(pid, 'SIGHUP')
  const narrower = await eventually('the swap', async () => {
    const now = await status()
    return now.generation.id !== generation.id && now
  })
  expect(narrower.lastReload).toMatchObject({ by: { via: 'signal', user: null }, error: null })

  await edit(({ policy }) => policy.grants.push(more))
  process.kill(pid, 'SIGHUP')
  await eventually('the refusal', async () => (await status()).lastReload?.error?.code === 'WIDENING_REFUSED')
  expect(await status()).toMatchObject({ pid, generation: narrower.generation })
  const refusal = await eventually('the record', async () =>
    (await readAudit(relay.auditLog)).findLast((record): record is ReloadRecord => record.kind === 'reload'),
  )
  expect(refusal).toMatchObject({
    source: { via: 'signal' },
    decision: { effect: 'deny', code: 'WIDENING_REFUSED' },
    generation: narrower.generation.id,
    reload: { before: narrower.generation.id, user: null, allowWidening: false },
  })
  await edit(({ policy }) => policy.grants.pop())
})

test('a renewed certificate is shown to who connects, and a connection that was there goes on', async () => {
  const old = await connected()
  const before = old.getPeerCertificate()
  await makeCertificate(join(stateDir, 'relay'))
  expect(await relayCommand('reload')).toContain('nobody’s access changes')
  const next = await connected()
  expect(next.getPeerCertificate().fingerprint256).not.toBe(before.fingerprint256)
  for (const socket of [old, next]) {
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200/)
    socket.destroy()
  }
})

async function connected(): Promise<TLSSocket> {
  const port = Number(new URL(relay.relayUrl).port)
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}

test('a second relay does not take the control socket of one that runs', async () => {
  const port = await freePort()
  const config = join(stateDir, 'relay', 'second.yaml')
  const document = parse(await readFile(relay.relayConfig, 'utf8'))
  document.listen.port = port
  document.audit.file = 'second.jsonl'
  document.state = { file: 'second.sqlite' }
  await writeFile(config, stringify(document))
  await expect(run(process.execPath, [main, 'serve', '--config', config])).rejects.toThrow(/control\.socket/)
  expect((await status()).pid).toBeGreaterThan(0)
})

test('where no relay runs, that is said', async () => {
  const { pid } = await status()
  process.kill(pid, 'SIGTERM')
  await eventually('the end', () =>
    relayCommand('status').then(
      () => null,
      (error: Error) => /No relay answers/.test(error.message),
    ),
  )
})
