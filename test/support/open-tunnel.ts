import type { DpopKey } from '#client/auth/dpop-key.ts'
import { dialWebSocket } from '#client/carriers/websocket.ts'
import { scheduler } from '#client/scheduler.ts'
import { openTunnel, type Tunnel } from '#client/tunnel.ts'

/** A tunnel as the client's engine opens it, straight to a carrier's URL. */
export function openTunnelTo(
  carrierUrl: string,
  token: () => Promise<string>,
  services: readonly { name: string; localPort: number }[] = [],
  ca: string | null = null,
  key: DpopKey | null = null,
): Promise<Tunnel> {
  return openTunnel(
    {
      dial: async (o) => dialWebSocket({ ...o, carrierUrl, ca, accessToken: await token(), key }),
      scheduler,
      random: Math.random,
      services,
      version: '0',
      listener: { onInterrupted() {}, onResumed() {}, onLeaving() {}, onChallenge() {} },
    },
    new AbortController().signal,
  )
}
