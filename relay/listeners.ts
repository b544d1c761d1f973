import type { ServerOptions } from 'node:http'
import type { LoadedConfig } from './config/load.ts'
import type { Entrance } from './http/exchange.ts'
import { type Listener, openListener } from './http/listener.ts'
import type { Turns } from './http/turns.ts'

/** All ports on which the relay takes requests: its own, and one for each balancer that signs who asks. */
export interface Listeners {
  /** The relay's own. */
  readonly port: number
  /** Takes the certificates of another configuration. */
  swap(next: LoadedConfig): void
  close(): void
  closeAllConnections(): void
}

/**
 * @param turnsOf for what comes by an entrance; by the relay's own port, for null
 * @throws CONFIG_INVALID when one cannot be bound; then none is
 */
export async function openListeners(
  config: LoadedConfig,
  options: ServerOptions,
  turnsOf: (entrance: Entrance | null) => Turns,
): Promise<Listeners> {
  const { connections } = config.limits.requests
  const open = (listen: LoadedConfig['listen'], path: string, entrance: Entrance | null) =>
    openListener({ listen, path, options, connections, turns: turnsOf(entrance) })
  const own = await open(config.listen, 'listen', null)
  const byName = new Map<string, Listener>()
  const all = () => [own, ...byName.values()]
  const close = () => {
    for (const listener of all()) listener.close()
  }
  try {
    for (const [name, { listen, config: c }] of Object.entries(config.entrances)) {
      const entrance = {
        name,
        publicOrigin: new URL(c.publicUrl).origin,
        forwardedFor: c.forwardedFor,
      }
      byName.set(name, await open(listen, `identity.signedHeaders.${name}.listen`, entrance))
    }
  } catch (error) {
    close()
    throw error
  }
  return {
    port: own.port,
    swap(next) {
      own.swap(next.listen)
      for (const [name, { listen }] of Object.entries(next.entrances)) byName.get(name)?.swap(listen)
    },
    close,
    closeAllConnections() {
      for (const listener of all()) listener.closeAllConnections()
    },
  }
}
