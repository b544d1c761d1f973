import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dialControl } from '#client/control/control-client.ts'
import { controlSocketPath } from '#client/home.ts'
import { bundleForNode } from '../../build/bundle.ts'
import { ensureElectron } from '../../build/setup/electron.ts'
import { say, step } from '../../build/setup/steps.ts'
import { ensureSystemPackages } from '../../build/setup/system-packages.ts'
import { electronFlags } from '../../demo/desktop.ts'
import { freePort } from '../../demo/free-port.ts'
import { startProvider } from '../../demo/provider/provider.ts'
import { signInOverHttp } from '../../demo/sign-in-over-http.ts'
import { type DemoRelay, startRelay, writeKeys } from '../../demo/stack.ts'
import { type DesktopSession, startDesktopSession } from '../support/desktop-session.ts'
import { measure } from './measure.ts'
import type { Options } from './options.ts'
import type { Path, Upstream } from './peers/peer.ts'
import { cpuMs } from './process-figures.ts'
import { inRounds } from './rounds.ts'
import type { Site } from './site.ts'
import { type Columns, printTable } from './table.ts'

const columns = {
  c1p50: ['c1 p50 ms', 3],
  c1perSecond: ['c1 req/s', 0],
  c16perSecond: ['c16 req/s', 0],
  c16p99: ['c16 p99 ms', 2],
  cpu: ['cpu µs a request', 0],
  down: ['down MB/s', 1],
  up: ['up MB/s', 1],
  megabytes: ['memory MB', 0],
} as const satisfies Columns<string>

const starts = 5
const bulkBytesPerSecond = 133_000_000
const here = import.meta.dirname

/** One engine, in one kind of process, that a bare Electron keeps running. */
interface EngineProcess {
  readonly path: Path
  readonly pid: () => number
  /** Kills it. @returns milliseconds until the next one listens, and how long that one took by itself */
  recover(): Promise<{ readonly recoverMs: number; readonly startMs: number }>
}

interface Started {
  readonly pid: number
  readonly startMs: number
}

/**
 * The desktop's engine in Electron's utility process and in a Node that the package would bring along, through one relay,
 * in interleaved rounds: small requests, bulk, memory, start, and how soon it is back after a SIGKILL.
 */
export async function engineProcesses(site: Site, upstream: Upstream, o: Options): Promise<object> {
  await ensureSystemPackages(['electron', 'desktop'])
  const electron = await step('Electron', ensureElectron)
  const bundle = join(site.folder, 'engine')
  await step('engine: bundle', () => bundleForNode({ engine: join(here, 'engine/entry.ts') }, bundle))
  const session = await startDesktopSession({ keyring: false })
  try {
    const relay = await startBenchRelay(site, upstream)
    const start = (kind: 'utility' | 'node') =>
      startEngineIn(kind, { site, session, relay, electron, bundle })
    const engines = new Map([
      ['utility process', await step('utility process', () => start('utility'))],
      ['node', await step('node', () => start('node'))],
    ])
    return await measured(site, engines, o)
  } finally {
    await site.near.stopAll()
    await session.close()
  }
}

async function measured(
  site: Site,
  engines: ReadonlyMap<string, EngineProcess>,
  { rounds, seconds }: Options,
): Promise<object> {
  const paths = [...engines.values()].map(({ path }) => path)
  const bytes = bulkBytesPerSecond * seconds
  for (const path of paths)
    await step(`warm up: ${path.name}`, async () => {
      await measure(site, path, 'requests', 16, Math.min(3, seconds))
      await measure(site, path, 'down', bytes, 1)
      await measure(site, path, 'up', bytes)
    })
  const figures = await inRounds(rounds, paths, async (path) => {
    const pid = engines.get(path.name)?.pid() as number
    const one = await measure(site, path, 'requests', 1, seconds)
    const before = cpuMs(pid)
    const many = await measure(site, path, 'requests', 16, seconds)
    const cpu = ((cpuMs(pid) - before) * 1000) / (many.perSecond * seconds)
    const down = await measure(site, path, 'down', bytes, 1)
    const up = await measure(site, path, 'up', bytes)
    return {
      c1p50: one.p50,
      c1perSecond: one.perSecond,
      c16perSecond: many.perSecond,
      c16p99: many.p99,
      cpu,
      down: down.megabytesPerSecond,
      up: up.megabytesPerSecond,
      megabytes: await proportionalMegabytes(pid),
    }
  })
  printTable('The engine through one relay, on loopback', columns, figures)
  const times = await step(`${starts} ends by SIGKILL of each`, () => recoveries(engines))
  const nodeMegabytes = (await stat(process.execPath)).size / 1e6
  for (const [name, { startMs, recoverMs }] of Object.entries(times))
    say(
      `${name.padEnd(17)} listens ${startMs.toFixed(0)} ms after its start, ${recoverMs.toFixed(0)} ms after a SIGKILL`,
    )
  say(`node on disk      ${nodeMegabytes.toFixed(0)} MB, not compressed`)
  return { ...Object.fromEntries(figures), times, nodeMegabytes }
}

async function recoveries(engines: ReadonlyMap<string, EngineProcess>) {
  const all = new Map(
    [...engines.keys()].map((name) => [name, [] as Awaited<ReturnType<EngineProcess['recover']>>[]]),
  )
  for (let i = 0; i < starts; i += 1)
    for (const [name, engine] of engines) all.get(name)?.push(await engine.recover())
  return Object.fromEntries(
    [...all].map(([name, seen]) => [
      name,
      { startMs: median(seen.map((s) => s.startMs)), recoverMs: median(seen.map((s) => s.recoverMs)) },
    ]),
  )
}

async function startBenchRelay(site: Site, { port }: Upstream): Promise<DemoRelay> {
  const stateDir = join(site.folder, 'engine-relay')
  await mkdir(stateDir)
  const provider = await startProvider({ port: 0, accessTokenSeconds: 4 * 3600 })
  return startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    airflowUrl: `http://${site.farHost}:${port}`,
    issuer: provider.issuer,
    relayPort: 0,
    localPort: await freePort(),
    processes: site.far,
  })
}

async function startEngineIn(
  kind: 'utility' | 'node',
  o: { site: Site; session: DesktopSession; relay: DemoRelay; electron: string; bundle: string },
): Promise<EngineProcess> {
  const home = join(o.site.folder, kind)
  const host = join(home, 'host')
  await mkdir(host, { recursive: true, mode: 0o700 })
  await cp(join(here, 'engine/host.js'), join(host, 'host.js'))
  await writeFile(
    join(host, 'package.json'),
    JSON.stringify({ name: kind, version: '0.0.0', type: 'module', main: 'host.js' }),
  )
  const lines: Started[] = []
  let waiting: ((started: Started) => void) | null = null
  const next = () =>
    Promise.race([
      new Promise<Started>((resolve) => {
        waiting = resolve
      }),
      o.site.near.failure,
    ])
  const first = next()
  o.site.near.start(
    kind,
    o.electron,
    [...electronFlags(), host, kind, join(o.bundle, 'engine.js'), process.execPath],
    {
      env: { ...o.session.env, JETWAY_HOME: home },
      logFile: join(home, 'log'),
      onLine: (line) => {
        const started = JSON.parse(line) as Started
        lines.push(started)
        waiting?.(started)
      },
    },
  )
  await first
  const url = await connect(home, o.relay)
  return {
    path: { name: kind === 'node' ? 'node' : 'utility process', url },
    pid: () => lines.at(-1)?.pid as number,
    async recover() {
      const again = next()
      const killed = performance.now()
      process.kill(lines.at(-1)?.pid as number, 'SIGKILL')
      const { startMs } = await again
      return { recoverMs: performance.now() - killed, startMs }
    },
  }
}

/** Signs ana in. @returns Airflow's local address */
async function connect(home: string, { relayUrl, ca }: DemoRelay): Promise<string> {
  const control = await dialControl(controlSocketPath(home), {
    browse: ({ url }) => void signInOverHttp(url, 'ana'),
  })
  const port = await freePort()
  const { name } = await control.request('addEnvironment', { relayUrl, ca, ports: { airflow: port } })
  await control.request('connect', { environment: name })
  control.close()
  return `http://127.0.0.1:${port}`
}

/** Its own memory and its share of what it has in common with others: Electron's processes have their program in common. */
async function proportionalMegabytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return (Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) * 1024) / 1e6
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}
