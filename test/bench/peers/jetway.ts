import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../../build/setup/run.ts'
import { freePort } from '../../../demo/free-port.ts'
import { connectHeadless } from '../../../demo/headless.ts'
import { startProvider } from '../../../demo/provider/provider.ts'
import { startRelay, writeKeys } from '../../../demo/stack.ts'
import type { Site } from '../site.ts'
import type { Path, Upstream } from './peer.ts'

const hour = 3600

type Way = 'http' | 'tcp'

/**
 * Jetway's ways to the upstream, both through one relay and one client.
 *
 * @param profile a folder for CPU profiles of both; null for none
 */
export function jetwayPeers(
  profile: string | null,
): Record<Way, (site: Site, upstream: Upstream) => Promise<Path>> {
  let started: Promise<Record<Way, string>> | null = null
  const urls = (site: Site, upstream: Upstream) => {
    started ??= startJetway(site, upstream, profile)
    return started
  }
  return {
    http: async (...where) => ({ name: 'jetway', url: (await urls(...where)).http }),
    tcp: async (...where) => ({ name: 'jetway tcp', url: (await urls(...where)).tcp }),
  }
}

/** Jetway as it is used: TLS, every handler, policy, audit. @returns its local addresses */
async function startJetway(
  site: Site,
  { port }: Upstream,
  profile: string | null,
): Promise<Record<Way, string>> {
  const env = profile === null ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` }
  const stateDir = join(site.folder, 'jetway')
  await mkdir(stateDir)
  const provider = await startProvider({ port: 0, accessTokenSeconds: 4 * hour })
  // Signing in is not measured, so it does not take the link.
  await site.wan?.publish(Number(new URL(provider.issuer).port))
  const upstream = `${site.farHost}:${port}`
  const tcpPort = await freePort()
  const stack = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    ...(site.wan === null ? {} : { host: site.farHost }),
    airflowUrl: `http://${upstream}`,
    tcp: { address: upstream, localPort: tcpPort },
    issuer: provider.issuer,
    relayPort: 0,
    localPort: await freePort(),
    env,
    processes: site.far,
  })
  const browser = join(import.meta.dirname, '../sign-in.ts')
  const url = await connectHeadless({
    stack,
    stateDir,
    user: 'ana',
    port: null,
    env,
    processes: site.near,
    signIn: (url, user) => run(...site.inside('near')(process.execPath, [browser, url, user])),
  })
  return { http: url.replace('localhost', '127.0.0.1'), tcp: `http://127.0.0.1:${tcpPort}` }
}
