import type { Dial } from '#client/carriers/carrier.ts'
import { openTunnel, type Tunnel } from '#client/tunnel.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { Tunnels, type TunnelsOptions } from '../../relay/tunnels.ts'
import type { World } from './world.ts'

export const keepSeconds = 90

/** A relay's real end, in a world. */
export function relayIn(world: World, o: Pick<TunnelsOptions, 'onStream' | 'onEvent'>): Tunnels {
  return new Tunnels({
    limits: {
      session: { streams: 64, windowBytes: 65_536, opensPerSecond: 1000 },
      sessionsPerPerson: 4,
      keepSeconds,
      keepBytes: 268_435_456,
    },
    scheduler: world.scheduler,
    check() {},
    renew: () => Promise.reject(new JetwayError('UNAUTHENTICATED')),
    ...o,
  })
}

/** A client's real end, in a world. @throws as `openTunnel` */
export function openTunnelIn(world: World, dial: Dial): Promise<Tunnel> {
  return openTunnel(
    {
      dial,
      scheduler: world.scheduler,
      random: world.random,
      services: [{ name: 'airflow', localPort: 8080 }],
      version: '0',
      listener: { onInterrupted() {}, onResumed() {}, onLeaving() {}, onChallenge() {} },
    },
    new AbortController().signal,
  )
}
