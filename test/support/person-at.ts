import { LocalPort } from '#client/local-port.ts'
import { detached } from './detached.ts'
import { openTunnelTo } from './open-tunnel.ts'
import type { OwnRelay } from './own-relay.ts'

/** Someone with a local port of a service, through a tunnel to a relay in this process. */
export interface PersonAt {
  readonly url: string
  close(): Promise<void>
}

export async function personAt(
  relay: OwnRelay,
  service: string,
  token: () => Promise<string>,
): Promise<PersonAt> {
  const port = await LocalPort.listen({ service, type: 'http', port: 0, detached })
  const tunnel = await openTunnelTo(relay.carrierUrl, token, [{ name: service, localPort: port.port }])
  port.attach(tunnel)
  return {
    url: `http://localhost:${port.port}`,
    async close() {
      tunnel.close()
      await port.close()
    },
  }
}
