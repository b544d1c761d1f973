import { join } from 'node:path'
import { say, step } from '../../../build/setup/steps.ts'
import { freePort } from '../../../demo/free-port.ts'
import { measure } from '../measure.ts'
import type { Options } from '../options.ts'
import { startNginx } from '../peers/nginx.ts'
import type { Path, Upstream } from '../peers/peer.ts'
import { cpuMs, pidOf } from '../process-figures.ts'
import { inRounds } from '../rounds.ts'
import { openSite, type Site } from '../site.ts'
import { startUpstream } from '../start-upstream.ts'
import { type Columns, printTable } from '../table.ts'
import { startBenchRelay } from './own-relay.ts'

const columns = {
  c1p50: ['c1 p50 ms', 3],
  c1p99: ['c1 p99 ms', 3],
  // Of the process that listens; of nginx its first, which does nothing.
  cpu: ['c1 cpu µs', 0],
  c16perSecond: ['c16 req/s', 0],
  c16p99: ['c16 p99 ms', 2],
} as const satisfies Columns<string>

/** A figure; the other parts of `relay` take a minute. */
const mostSeconds = 3
/** What the whole chain may add to a request on one connection, over a proxy that checks nothing. */
const targetMicroseconds = 120

/**
 * What the chain adds to a request: the relay, a bare proxy of Node's, and nginx that has a JWT checked, each over plain
 * HTTP or TLS, in interleaved rounds.
 */
export async function chain({ rounds, seconds: most }: Options): Promise<object> {
  const site = await openSite({ overDistance: false })
  try {
    return await measureChain(site, rounds, Math.min(mostSeconds, most))
  } finally {
    await site.stop()
  }
}

async function measureChain(site: Site, rounds: number, seconds: number): Promise<object> {
  const paths = await startPaths(site, await startUpstream(site))
  for (const path of paths)
    await step(`warm up: ${path.name}`, () => measure(site, path, 'requests', 16, seconds))
  const figures = await inRounds(rounds, paths, async (path) => {
    const pid = await pidOf(Number(new URL(path.url).port))
    const before = cpuMs(pid)
    const one = await measure(site, path, 'requests', 1, seconds)
    const cpu = ((cpuMs(pid) - before) * 1000) / (one.perSecond * seconds)
    const sixteen = await measure(site, path, 'requests', 16, seconds)
    return {
      c1p50: one.p50,
      c1p99: one.p99,
      cpu: cpu || Number.NaN,
      c16perSecond: sixteen.perSecond,
      c16p99: sixteen.p99,
    }
  })
  printTable('The relay alone, direct HTTP on loopback', columns, figures)
  const p50 = (name: string) => (figures.get(name)?.c1p50 ?? Number.NaN) * 1000
  const addedMicroseconds = p50('jetway') - p50('plain proxy')
  say(`added at c1 over a plain proxy  ${addedMicroseconds.toFixed(0)} µs (target ${targetMicroseconds})`)
  return { ...Object.fromEntries(figures), addedMicroseconds }
}

async function startPaths(site: Site, upstream: Upstream): Promise<Path[]> {
  const airflowUrl = `http://${site.farHost}:${upstream.port}`
  const proxyPort = await freePort()
  site.far.start(
    'plain proxy',
    process.execPath,
    [join(import.meta.dirname, '../peers/plain-proxy.ts'), String(proxyPort), airflowUrl],
    { logFile: join(site.folder, 'plain-proxy.log') },
  )
  await site.listening('far', proxyPort)
  const [plain, secure] = [
    await startBenchRelay(site, { name: 'relay', airflowUrl, tls: false }),
    await startBenchRelay(site, { name: 'relay-tls', airflowUrl, tls: true }),
  ]
  const nginx = await startNginx(site, upstream)
  if ('reason' in nginx) say(`Without ${nginx.name}: ${nginx.reason}.`)
  return [
    { name: 'direct', url: airflowUrl },
    { name: 'plain proxy', url: `http://127.0.0.1:${proxyPort}` },
    { name: 'jetway', url: plain.url, token: await plain.token('ana') },
    { name: 'jetway tls', url: secure.url, token: await secure.token('ana') },
    ...('url' in nginx ? [nginx] : []),
  ]
}
