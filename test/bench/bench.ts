/**
 * `npm run bench [-- wan | idle | hol | reconnect | page | audit | relay | decision | engine]`: one upstream, directly and through Jetway and its peers, in
 * interleaved rounds of one run. Prints medians and ratios, then all of it as a line of JSON. docs/performance.md says
 * what is measured and how. `decision` measures the relay's policy alone.
 */
import { say, step } from '../../build/setup/steps.ts'
import { ensureSystemPackages } from '../../build/setup/system-packages.ts'
import { auditThroughput } from './audit.ts'
import { decision } from './decision.ts'
import { engineProcesses } from './engine.ts'
import { headOfLine } from './head-of-line.ts'
import { idle } from './idle.ts'
import { type Options, readOptions, usage } from './options.ts'
import { pageLoads } from './page.ts'
import { startBareNode, startBareNodeTcp } from './peers/bare-node.ts'
import { contender } from './peers/contender.ts'
import { startDirect, startHttps } from './peers/direct.ts'
import { startJetty } from './peers/jetty.ts'
import { jetwayPeers } from './peers/jetway.ts'
import { startNginx } from './peers/nginx.ts'
import type { Path, StartPeer, Upstream } from './peers/peer.ts'
import { startSsh } from './peers/ssh.ts'
import { reconnect } from './reconnect.ts'
import { relayAlone } from './relay.ts'
import { openSite } from './site.ts'
import { startUpstream } from './start-upstream.ts'
import { onLoopback, overDistance } from './throughput.ts'

const peerNames = ['direct', 'https', 'jetway', 'tcp', 'ssh', 'nginx', 'jetty', 'node', 'node-tcp'] as const
const options = optionsOrUsage()
const jetway = jetwayPeers(options.profile)
const peers: Readonly<Record<(typeof peerNames)[number], StartPeer>> = {
  direct: startDirect,
  https: startHttps,
  jetway: jetway.http,
  tcp: jetway.tcp,
  ssh: startSsh,
  nginx: startNginx,
  jetty: startJetty,
  node: startBareNode,
  'node-tcp': startBareNodeTcp,
}

if (options.mode === 'audit' || options.mode === 'relay' || options.mode === 'decision') {
  const measureAlone = { audit: auditThroughput, relay: relayAlone, decision }[options.mode]
  print(await measureAlone(options))
  process.exit()
}
await ensureSystemPackages(['bench']).catch((error: Error) =>
  say(`Some peers may be missing. ${error.message}`),
)
const site = await openSite({ overDistance: options.links.length > 0 })
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => reject(new Error(`ended by ${signal}`)))
})
try {
  print(await Promise.race([measured(options.mode), interrupted]))
} catch (error) {
  say((error as Error).message)
  process.exitCode = 1
} finally {
  await site.stop()
}
process.exit()

function print(results: object): void {
  const short = (_key: string, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(4)) : value
  process.stdout.write(`${JSON.stringify(results, short)}\n`)
}

/** @returns the figures of the mode */
async function measured(mode: Exclude<Options['mode'], 'audit' | 'relay' | 'decision'>): Promise<object> {
  if (mode === 'page') return pageLoads(site, jetway.http, options)
  const upstream = await startUpstream(site)
  if (mode === 'idle') {
    return idle(site, await jetway.http(site, upstream), upstream)
  }
  if (mode === 'engine') return engineProcesses(site, upstream, options)
  if (mode === 'reconnect') return reconnect(site, await jetway.http(site, upstream), options)
  const paths = await startPeers(upstream)
  const measureAll = { loopback: onLoopback, wan: overDistance, hol: headOfLine }[mode]
  return measureAll(site, paths, options)
}

async function startPeers(upstream: Upstream): Promise<Path[]> {
  const wanted = Object.entries(peers).filter(
    ([key]) => key === 'jetway' || options.peers === null || options.peers.includes(key),
  )
  const starts = [...wanted, ...options.contenders.map((file) => [file, contender(file)] as const)]
  const paths: Path[] = []
  for (const [key, start] of starts) {
    const peer = await step(`start ${key}`, () => start(site, upstream))
    if ('reason' in peer) say(`Without ${peer.name}: ${peer.reason}.`)
    else paths.push(peer)
  }
  return paths
}

function optionsOrUsage(): Options {
  try {
    return readOptions(process.argv.slice(2), peerNames)
  } catch (error) {
    say(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
