import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../../build/setup/run.ts'
import { freePort } from '../../../demo/free-port.ts'
import { connectHeadless } from '../../../demo/headless.ts'
import { startProvider } from '../../../demo/provider/provider.ts'
import { startRelay, writeKeys } from '../../../demo/stack.ts'
import type { StartPeer } from './peer.ts'

const hour = 3600

/** Jetway as it is used: TLS, every handler, policy, audit. */
export const startJetway: StartPeer = async (site, { port }) => {
  const stateDir = join(site.folder, 'jetway')
  await mkdir(stateDir)
  const provider = await startProvider({ port: 0, accessTokenSeconds: 4 * hour })
  // Signing in is not measured, so it does not take the link.
  await site.wan?.publish(Number(new URL(provider.issuer).port))
  const stack = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    ...(site.wan === null ? {} : { host: site.farHost }),
    airflowUrl: `http://${site.farHost}:${port}`,
    issuer: provider.issuer,
    relayPort: 0,
    localPort: await freePort(),
    processes: site.far,
  })
  const browser = join(import.meta.dirname, '../sign-in.ts')
  const url = await connectHeadless({
    stack,
    stateDir,
    user: 'ana',
    port: null,
    processes: site.near,
    signIn: (url, user) => run(...site.inside('near')(process.execPath, [browser, url, user])),
  })
  return { name: 'jetway', url: url.replace('localhost', '127.0.0.1') }
}
