import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say, step } from '../../build/setup/steps.ts'
import { freePort } from '../../demo/free-port.ts'
import { audience } from '../../demo/provider/provider.ts'
import { startRelay, writeKeys } from '../../demo/stack.ts'
import { startTokenProvider } from '../support/token-provider.ts'
import type { Path, Upstream } from './peers/peer.ts'
import { cpuMs, pidOf, residentBytes } from './process-figures.ts'
import type { Site } from './site.ts'

const sessions = 1000
/** No one has more sessions than one person may have. */
const people = 100
const idleSeconds = 30

/**
 * What costs nothing to nobody: sessions of people at lunch. Memory of each at the relay, processor time of the relay
 * with all of them and of one client.
 *
 * @returns the figures
 */
export async function idle(site: Site, jetway: Path, upstream: Upstream): Promise<object> {
  const started = await startRelayWithSessions(site, upstream)
  const relay = await pidOf(started.port)
  const before = residentBytes(relay)
  await step(`${sessions} sessions`, () => started.openSessions())
  const client = await pidOf(Number(new URL(jetway.url).port))
  const cpuBefore = { relay: cpuMs(relay), client: cpuMs(client) }
  await step(`idle for ${idleSeconds} s`, () => sleep(idleSeconds * 1000))
  const figures = {
    kilobytesPerSession: (residentBytes(relay) - before) / sessions / 1000,
    relayMegabytes: residentBytes(relay) / 1e6,
    relayCpuPercent: (cpuMs(relay) - cpuBefore.relay) / idleSeconds / 10,
    clientMegabytes: residentBytes(client) / 1e6,
    clientCpuPercent: (cpuMs(client) - cpuBefore.client) / idleSeconds / 10,
  }
  say(`
${sessions} idle sessions, ${idleSeconds} s
  relay, a session   ${figures.kilobytesPerSession.toFixed(1)} kB
  relay              ${figures.relayMegabytes.toFixed(0)} MB, ${figures.relayCpuPercent.toFixed(2)} % of a core
  one client         ${figures.clientMegabytes.toFixed(0)} MB, ${figures.clientCpuPercent.toFixed(3)} % of a core`)
  return figures
}

async function startRelayWithSessions(site: Site, upstream: Upstream) {
  const stateDir = join(site.folder, 'idle')
  await mkdir(stateDir)
  const provider = await startTokenProvider()
  const { relayUrl, ca } = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    airflowUrl: `http://${site.farHost}:${upstream.port}`,
    issuer: provider.issuer,
    relayPort: 0,
    localPort: await freePort(),
    processes: site.far,
  })
  return {
    port: Number(new URL(relayUrl).port),
    async openSessions() {
      const exp = Math.floor(Date.now() / 1000) + 3600
      const tokens = await Promise.all(
        Array.from({ length: people }, (_, i) => provider.token({ aud: audience, exp, sub: `person-${i}` })),
      )
      await new Promise<string>((onLine, reject) => {
        site.near.failure.catch(reject)
        const args = [join(import.meta.dirname, 'sessions.ts'), relayUrl, ca, String(sessions)]
        site.near.start('sessions', process.execPath, args, {
          env: { ...process.env, BENCH_TOKENS: tokens.join(' ') },
          logFile: join(stateDir, 'sessions.log'),
          onLine,
        })
      })
    },
  }
}
