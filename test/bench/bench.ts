/**
 * `npm run bench`: the same upstream directly, through Jetway (TLS, every handler, audit) and through `ssh -L`, in
 * interleaved rounds of one run. Prints medians and ratios; machines are noisy, ratios of one run are less so.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../build/setup/run.ts'
import { say, step } from '../../build/setup/steps.ts'
import { ensureSystemPackages } from '../../build/setup/system-packages.ts'
import { freePort } from '../../demo/free-port.ts'
import { connectHeadless } from '../../demo/headless.ts'
import { Processes } from '../../demo/processes.ts'
import { startProvider } from '../../demo/provider/provider.ts'
import { startRelay, writeKeys } from '../../demo/stack.ts'
import { startSshForward } from './ssh.ts'

const rounds = 3
const seconds = 3
const bulkBytes = 400_000_000
const load = join(import.meta.dirname, 'load.ts')

interface Figures {
  /** c1: one connection; c16: sixteen at once. Milliseconds, requests a second, MB a second. */
  readonly c1p50: number
  readonly c16perSecond: number
  readonly c16p99: number
  readonly down: number
  readonly up: number
}

const columns: ReadonlyArray<readonly [keyof Figures, string, number]> = [
  ['c1p50', 'c1 p50 ms', 3],
  ['c16perSecond', 'c16 requests/s', 0],
  ['c16p99', 'c16 p99 ms', 2],
  ['down', 'down MB/s', 0],
  ['up', 'up MB/s', 0],
]

const stateDir = await mkdtemp(join(tmpdir(), 'jetway-bench-'))
const processes = new Processes()
try {
  await ensureSystemPackages(['bench']).catch((error: Error) => say(`Without ssh -L. ${error.message}`))
  const ports = await start()
  const measured = new Map([...ports.keys()].map((name): [string, Figures[]] => [name, []]))
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, port] of ports) {
      await step(`round ${round}: ${name}`, async () => measured.get(name)?.push(await measure(port)))
    }
  }
  print(new Map([...measured].map(([name, figures]) => [name, medians(figures)])))
} finally {
  await processes.stopAll()
  await rm(stateDir, { recursive: true, force: true })
}
process.exit()

/** @returns the ports to measure, by name */
async function start(): Promise<Map<string, number>> {
  let told: (port: number) => void
  const upstreamPort = new Promise<number>((resolve) => {
    told = resolve
  })
  processes.start('upstream', process.execPath, [join(import.meta.dirname, 'upstream.ts')], {
    logFile: join(stateDir, 'upstream.log'),
    onLine: (line) => told(Number(line)),
  })
  const direct = await upstreamPort
  const provider = await startProvider({ port: 0, accessTokenSeconds: 3600 })
  const localPort = await freePort()
  const relay = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    airflowUrl: `http://127.0.0.1:${direct}`,
    issuer: provider.issuer,
    relayPort: 0,
    localPort,
    processes,
  })
  await connectHeadless({ stack: relay, stateDir, user: 'ana', port: null, processes })
  const ssh = await startSshForward({ folder: stateDir, upstreamPort: direct, processes })
  return new Map([
    ['direct', direct],
    ['jetway', localPort],
    ...(ssh === null ? [] : ([['ssh -L', ssh]] as const)),
  ])
}

async function measure(port: number): Promise<Figures> {
  const ask = async (...args: readonly (string | number)[]) =>
    JSON.parse(await run(process.execPath, [load, String(port), ...args.map(String)]))
  await ask('requests', 16, 1)
  const one = await ask('requests', 1, seconds)
  const many = await ask('requests', 16, seconds)
  const down = await ask('down', bulkBytes)
  const up = await ask('up', bulkBytes)
  return {
    c1p50: one.p50,
    c16perSecond: many.perSecond,
    c16p99: many.p99,
    down: down.megabytesPerSecond,
    up: up.megabytesPerSecond,
  }
}

function medians(figures: readonly Figures[]): Figures {
  const of = (key: keyof Figures) =>
    figures.map((f) => f[key]).sort((a, b) => a - b)[figures.length >> 1] as number
  return Object.fromEntries(columns.map(([key]) => [key, of(key)])) as unknown as Figures
}

function print(results: ReadonlyMap<string, Figures>): void {
  const line = (cells: readonly string[]) =>
    say(cells.map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(15))).join(' '))
  say('')
  line(['', ...columns.map(([, label]) => label)])
  for (const [name, figures] of results)
    line([name, ...columns.map(([key, , digits]) => figures[key].toFixed(digits))])
  const jetway = results.get('jetway') as Figures
  for (const [name, figures] of results) {
    if (name === 'jetway') continue
    line([`jetway / ${name}`, ...columns.map(([key]) => `${(jetway[key] / figures[key]).toFixed(2)} ×`)])
  }
  process.stdout.write(`${JSON.stringify(Object.fromEntries(results))}\n`)
}
