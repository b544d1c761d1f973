import { version } from '#shared/version.ts'
import { dialWebSocket } from '../carriers/websocket.ts'
import { scheduler } from '../scheduler.ts'
import { openTunnel, type Tunnel, type TunnelOptions } from '../tunnel.ts'
import { renewSession, type SessionRenewal } from './session-renewal.ts'
import { type AccessToken, withAccessToken } from './with-access-token.ts'

/**
 * Opens a tunnel with the person's sign-in, which is renewed in it for as long as it is there.
 *
 * @throws as `openTunnel`, and as `accessToken`
 */
export async function openSignedInTunnel(
  o: {
    carrierUrl: string
    ca: string | null
    accessToken: AccessToken
    services: TunnelOptions['services']
    listener: TunnelOptions['listener']
  },
  signal: AbortSignal,
): Promise<{ tunnel: Tunnel; renewal: SessionRenewal }> {
  const { carrierUrl, ca, accessToken, services, listener } = o
  let used = ''
  const dial: TunnelOptions['dial'] = (how) =>
    withAccessToken(accessToken, ({ token, key = null }) => {
      used = token
      return dialWebSocket({ ...how, carrierUrl, ca, accessToken: token, key })
    })
  const tunnel = await openTunnel(
    { dial, scheduler, random: Math.random, services, version, listener },
    signal,
  )
  const renewal = renewSession(tunnel, async () => {
    used = (await accessToken(used)).token
    return used
  })
  void tunnel.closed.then(() => renewal.stop())
  return { tunnel, renewal }
}
