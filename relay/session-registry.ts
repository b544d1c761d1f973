import { randomUUID } from 'node:crypto'
import type { State } from './state/state.ts'
import type { TunnelSession } from './tunnel-session.ts'

const signOfLifeMs = 30_000

/** Lets others see who is connected here: `jetway-relay sessions`. What goes wrong here stops nobody. */
export function registerSessions(
  { sessions }: State,
  onError: (error: unknown) => void,
): {
  put(session: TunnelSession): void
  remove(session: TunnelSession): void
  close(): void
} {
  const relay = randomUUID()
  const timer = setInterval(() => void sessions.seen(relay, seconds()).catch(onError), signOfLifeMs)
  timer.unref()
  return {
    put({ id, principal, address, client, startedAt }) {
      const { issuer, subject, name } = principal
      const started = { startedAt: seconds(startedAt), seenAt: seconds() }
      const who = { issuer, subject, name, address, client: `${client.name}/${client.version}` }
      void sessions.put({ id, relay, ...who, ...started }).catch(onError)
    },
    remove: ({ id }) => void sessions.remove(id).catch(onError),
    close: () => clearInterval(timer),
  }
}

/** After so long without a sign of life a relay is gone, in seconds. */
export const goneAfterSeconds = (3 * signOfLifeMs) / 1000

function seconds(ms = Date.now()): number {
  return Math.floor(ms / 1000)
}
