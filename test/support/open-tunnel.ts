import type { Dial } from '#client/carriers/carrier.ts'
import { dialWebSocket } from '#client/carriers/websocket.ts'
import { scheduler } from '#client/scheduler.ts'
import { openTunnel, type Tunnel } from '#client/tunnel.ts'

type Services = readonly { name: string; localPort: number }[]

/** A tunnel as the client's engine opens it, straight to a carrier's URL. */
export function openTunnelTo(
  carrierUrl: string,
  token: () => Promise<string>,
  services: Services = [],
  ca: string | null = null,
): Promise<Tunnel> {
  return openTunnelBy(
    async (o) => dialWebSocket({ ...o, carrierUrl, ca, accessToken: await token(), key: null }),
    services,
  )
}

export function openTunnelBy(dial: Dial, services: Services = []): Promise<Tunnel> {
  return openTunnel(
    {
      dial,
      scheduler,
      random: Math.random,
      services,
      version: '0',
      listener: { onInterrupted() {}, onResumed() {}, onLeaving() {}, onChallenge() {} },
    },
    new AbortController().signal,
  )
}
