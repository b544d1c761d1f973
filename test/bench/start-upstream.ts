import { join } from 'node:path'
import { freePort } from '../../demo/free-port.ts'
import type { Upstream } from './peers/peer.ts'
import type { Site } from './site.ts'

/** Starts what is behind everything that is measured; it ends with the site's processes. */
export async function startUpstream(site: Site): Promise<Upstream> {
  const upstream = { port: await freePort(), httpsPort: await freePort() }
  const { cert, key } = site.certificate
  const args = [site.farHost, String(upstream.port), String(upstream.httpsPort), cert, key]
  site.far.start('upstream', process.execPath, [join(import.meta.dirname, 'upstream.ts'), ...args], {
    logFile: join(site.folder, 'upstream.log'),
  })
  await site.listening('far', upstream.port)
  await site.listening('far', upstream.httpsPort)
  return upstream
}
