import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { freePort } from '../../demo/free-port.ts'
import { type Balancers, type Signer, startBalancers } from './balancer.ts'
import { type OwnRelay, startOwnRelay } from './own-relay.ts'
import { startTokenProvider, type TokenProvider } from './token-provider.ts'
import { startToldUpstream, type ToldUpstream } from './told-upstream.ts'

export const signers = ['aws-alb', 'google-iap', 'cloudflare-access', 'jwt'] as const

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A relay with a listener for each way in which balancers sign, in front of an Airflow that does as it is told. */
export interface BalancedRelay {
  readonly balancers: Balancers
  readonly provider: TokenProvider
  readonly upstream: ToldUpstream
  readonly relay: OwnRelay
  /** What people type to get to a balancer. */
  publicUrl(signer: Signer): string
  /** Sends a request to a listener; the relay's own one for null. Its Host is the public one, unless it is given. */
  ask(
    signer: Signer | null,
    headers: readonly (readonly [name: string, value: string])[],
    more?: { method?: string; path?: string; body?: string },
  ): Promise<Answer>
  close(): Promise<void>
}

/** @param o.signedHeaders more of a signer's configuration */
export async function startBalancedRelay(
  o: { signedHeaders?: Partial<Record<Signer, object>>; policy?: object } = {},
): Promise<BalancedRelay> {
  const balancers = await startBalancers()
  const provider = await startTokenProvider()
  const upstream = await startToldUpstream()
  const ports = new Map<Signer, number>()
  for (const signer of signers) ports.set(signer, await freePort())
  const publicUrl = (signer: Signer) => `https://${signer}.example.com`
  const signedHeaders = Object.fromEntries(
    signers.map((signer) => [
      signer,
      {
        ...balancers.config(signer),
        listen: { host: '127.0.0.1', port: ports.get(signer), plain: true },
        publicUrl: publicUrl(signer),
        ...o.signedHeaders?.[signer],
      },
    ]),
  )
  const relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    identity: { signedHeaders },
    policy: o.policy ?? { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
  })
  return {
    balancers,
    provider,
    upstream,
    relay,
    publicUrl,
    async ask(signer, headers, asked = {}) {
      const host = signer === null ? `127.0.0.1:${relay.port}` : new URL(publicUrl(signer)).host
      const all = headers.some(([name]) => name.toLowerCase() === 'host')
        ? headers
        : [['Host', host] as const, ...headers]
      const asking = request({
        host: '127.0.0.1',
        port: signer === null ? relay.port : ports.get(signer),
        method: asked.method ?? 'GET',
        path: asked.path ?? '/api/v2/dags',
        headers: [...all.flat(), 'Content-Length', String(Buffer.byteLength(asked.body ?? ''))],
        agent: false,
      })
      asking.end(asked.body)
      const [response] = (await once(asking, 'response')) as [IncomingMessage]
      return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }
    },
    async close() {
      await relay.close()
      upstream.close()
      await provider.close()
      balancers.close()
    },
  }
}
