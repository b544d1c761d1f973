import { join } from 'node:path'
import { freePort } from '../../../demo/free-port.ts'
import type { Site } from '../site.ts'
import type { StartPeer, Upstream } from './peer.ts'

const script = (name: string) => ['--max-semi-space-size=2', join(import.meta.dirname, name)]

/**
 * The bound of what is written for Node: two processes and TLS between them, as with Jetway, and nothing else. No identity,
 * no policy, no audit, nothing that outlives a connection. The far one speaks HTTP.
 */
export const startBareNode: StartPeer = (site, upstream) =>
  start(site, 'bare node', (port) => [
    ...script('plain-proxy.ts'),
    String(port),
    `http://${upstreamAt(site, upstream)}`,
    site.farHost,
  ])

/** The same where the far one carries bytes. */
export const startBareNodeTcp: StartPeer = (site, upstream) =>
  start(site, 'bare node tcp', (port) => [
    ...script('pipe.ts'),
    'far',
    `${site.farHost}:${port}`,
    upstreamAt(site, upstream),
  ])

async function start(site: Site, name: string, far: (port: number) => readonly string[]) {
  const [farPort, nearPort] = [await freePort(), await freePort()]
  const { cert, key, ca } = site.certificate
  site.far.start(`${name} (far)`, process.execPath, [...far(farPort), cert, key], {
    logFile: join(site.folder, `${name} far.log`),
  })
  await site.listening('far', farPort)
  const near = ['near', String(nearPort), `${site.farHost}:${farPort}`, ca]
  site.near.start(name, process.execPath, [...script('pipe.ts'), ...near], {
    logFile: join(site.folder, `${name}.log`),
  })
  await site.listening('near', nearPort)
  return { name, url: `http://127.0.0.1:${nearPort}` }
}

function upstreamAt({ farHost }: Site, { port }: Upstream): string {
  return `${farHost}:${port}`
}
