import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type Logger, pino } from 'pino'
import { WebSocketServer } from 'ws'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import type { ReloadRecord } from '../../relay/audit/reload-record.ts'
import { detached } from './detached.ts'
import { openTunnelTo } from './open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from './own-relay.ts'
import { startTokenProvider, type TokenProvider } from './token-provider.ts'
import { startToldUpstream, type ToldUpstream } from './told-upstream.ts'

/** A relay in this process, with a tunnel to it, in front of an upstream and a tcp server that sends all back. */
export interface ReloadSite {
  readonly provider: TokenProvider
  readonly upstream: ToldUpstream
  readonly relay: OwnRelay
  readonly tunnel: Tunnel
  /** Airflow's local address. */
  readonly local: string
  /** The tcp service's local port. */
  readonly tcpPort: number
  /** `services` of the relay's configuration. */
  readonly services: {
    readonly airflow: { readonly type: 'airflow'; readonly url: string; readonly identity: object }
    readonly echo: { readonly type: 'tcp'; readonly address: string; readonly localPort: number }
  }
  trigger(): Promise<Response>
  /** The records of reloads so far. */
  reloadRecords(): Promise<ReloadRecord[]>
  close(): Promise<void>
}

export const runs = '/api/v2/dags/hello/dagRuns'

/** `policy` of the relay's configuration: data-eng has a role, and reaches the tcp service. */
export function policyOf(role: string) {
  return {
    contact: 'Ask us.',
    grants: [{ group: 'data-eng', role }],
    connect: [{ group: 'data-eng', services: ['echo'] }],
  }
}

export async function startReloadSite(log: Logger = pino({}, { write() {} })): Promise<ReloadSite> {
  const provider = await startTokenProvider()
  const upstream = await startToldUpstream()
  new WebSocketServer({ server: upstream.server })
  const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket))
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = `127.0.0.1:${(echo.address() as AddressInfo).port}`
  const services = {
    airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } },
    echo: { type: 'tcp', address, localPort: 5432 },
  } as const
  const config = { services, direct: 'airflow', policy: policyOf('user'), limits: { drainSeconds: 1 } }
  const relay = await startOwnRelay(provider.issuer, config, log)
  const port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  const tcpPort = await LocalPort.listen({ service: 'echo', type: 'tcp', port: 0, detached })
  const tunnel = await openTunnelTo(relay.carrierUrl, () => provider.token(), [
    { name: 'airflow', localPort: port.port },
  ])
  for (const one of [port, tcpPort]) one.attach(tunnel)
  const local = `http://localhost:${port.port}`
  return {
    provider,
    upstream,
    relay,
    tunnel,
    local,
    tcpPort: tcpPort.port,
    services,
    trigger: () =>
      fetch(local + runs, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
    async reloadRecords() {
      await relay.auditLog.flush()
      return (await relay.records()).filter((record): record is ReloadRecord => record.kind === 'reload')
    },
    async close() {
      tunnel.close()
      await relay.close()
      await port.close()
      await tcpPort.close()
      echo.close()
      upstream.close()
      await provider.close()
    },
  }
}
