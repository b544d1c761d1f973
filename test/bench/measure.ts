import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { run } from '../../build/setup/run.ts'
import type { Path } from './peers/peer.ts'
import type { Site } from './site.ts'

const load = join(import.meta.dirname, 'load.ts')

/** What of the load generator's result is a figure of. */
export interface Seen {
  readonly p50: number
  readonly p99: number
  readonly perSecond: number
  readonly megabytesPerSecond: number
}

/** Runs the load generator on the near side, against one path, to its end. */
export async function measure(site: Site, path: Path, ...args: readonly (string | number)[]): Promise<Seen> {
  const line = site.inside('near')(process.execPath, [load, path.url, ...args.map(String)])
  return JSON.parse(await run(line[0], line[1], { env: environment(site, path) }))
}

/** Measures beside downloads that go on meanwhile, each in a process of its own. */
export async function beside<T>(
  site: Site,
  path: Path,
  what: readonly Download[],
  work: (downloads: readonly Going[]) => Promise<T>,
): Promise<T> {
  const going = what.map((kind) => start(site, path, kind))
  try {
    for (const { tells } of going) await tells()
    return await work(going)
  } finally {
    for (const { end } of going) await end()
  }
}

type Download = 'flow' | 'silence' | 'stall'

/** A download that goes on. */
interface Going {
  /** Says a line to it. */
  ask(line: string | number): void
  /** The next line that it says. @throws Error when it has ended */
  tells(): Promise<string>
}

function start(site: Site, path: Path, kind: Download): Going & { end(): Promise<void> } {
  const [command, args] = site.inside('near')(process.execPath, [load, path.url, kind])
  const child = spawn(command, args, { env: environment(site, path), stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    ask: (line) => child.stdin.write(`${line}\n`),
    async tells() {
      const { value, done } = await lines.next()
      if (done) throw new Error('a download has ended')
      return value
    },
    async end() {
      if (child.kill('SIGKILL')) await once(child, 'exit')
    },
  }
}

function environment(site: Site, path: Path): NodeJS.ProcessEnv {
  return {
    ...process.env,
    BENCH_CA: site.certificate.ca,
    ...(path.token === undefined ? {} : { BENCH_TOKEN: path.token }),
  }
}
