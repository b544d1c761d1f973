import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
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
  what: ReadonlyArray<'flow' | 'stall'>,
  work: () => Promise<T>,
): Promise<T> {
  const running = what.map((kind) => {
    const [command, args] = site.inside('near')(process.execPath, [load, path.url, kind])
    return spawn(command, args, { env: environment(site, path), stdio: ['pipe', 'pipe', 'inherit'] })
  })
  try {
    for (const child of running) {
      const underWay = once(createInterface({ input: child.stdout as Readable }), 'line')
      const ended = once(child, 'exit').then(() => Promise.reject(new Error('a download has ended')))
      ended.catch(() => {})
      await Promise.race([underWay, ended])
    }
    return await work()
  } finally {
    for (const child of running) if (child.kill('SIGKILL')) await once(child, 'exit')
  }
}

function environment(site: Site, path: Path): NodeJS.ProcessEnv {
  return {
    ...process.env,
    BENCH_CA: site.certificate.ca,
    ...(path.token === undefined ? {} : { BENCH_TOKEN: path.token }),
  }
}
