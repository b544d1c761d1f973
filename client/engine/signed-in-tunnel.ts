import { asJetwayError } from '#shared/errors/jetway-error.ts'
import { version } from '#shared/version.ts'
import type { DpopKey } from '../auth/dpop-key.ts'
import type { Dial } from '../carriers/carrier.ts'
import { dialWebSocket } from '../carriers/websocket.ts'
import { scheduler } from '../scheduler.ts'
import { openTunnel, type Tunnel, type TunnelOptions } from '../tunnel.ts'
import { renewSession, type SessionRenewal } from './session-renewal.ts'

/** Gives the person's access token; another one than `unlike`, which will not do. */
type AccessToken = (unlike?: string) => Promise<PresentedToken>

interface PresentedToken {
  readonly token: string
  /** That it is bound to; none for a bearer token. */
  readonly key?: DpopKey | null
}

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
  const dial = authenticated(accessToken, ({ token, key = null }, how) => {
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

/** A dial with the person's access token. One that the relay refuses is renewed once. */
function authenticated(
  accessToken: AccessToken,
  dial: (presented: PresentedToken, o: Parameters<Dial>[0]) => ReturnType<Dial>,
): Dial {
  return async (o) => {
    const presented = await accessToken()
    return dial(presented, o).catch(async (error: unknown) => {
      const { code } = asJetwayError(error)
      if (code !== 'UNAUTHENTICATED' && code !== 'TOKEN_EXPIRED') throw error
      return dial(await accessToken(presented.token), o)
    })
  }
}
