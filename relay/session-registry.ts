import { randomUUID } from 'node:crypto'
import type { RegisteredSession, SessionActivity } from './state/registered-session.ts'
import type { State } from './state/state.ts'
import type { TunnelSession } from './tunnel-session.ts'

const signOfLifeMs = 10_000

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
  const known = new Map<TunnelSession, SessionActivity>()
  const timer = setInterval(() => {
    const active: SessionActivity[] = []
    for (const [session, before] of known) {
      const { received, sent } = session.bytes
      if (received === before.bytesReceived && sent === before.bytesSent) continue
      const now = { id: session.id, activeAt: seconds(), bytesReceived: received, bytesSent: sent }
      known.set(session, now)
      active.push(now)
    }
    void sessions.seen(relay, seconds(), active).catch(onError)
  }, signOfLifeMs)
  timer.unref()
  return {
    put(session) {
      const { id, principal, address, client, startedAt, bytes } = session
      const { issuer, subject, name, authTime, authentication } = principal
      const activity = { id, activeAt: seconds(), bytesReceived: bytes.received, bytesSent: bytes.sent }
      known.set(session, activity)
      const registered: RegisteredSession = {
        ...activity,
        relay,
        issuer,
        subject,
        name,
        address,
        client: `${client.name}/${client.version}`,
        authenticatedBy: authentication.by,
        acr: authentication.acr,
        keyThumbprint: session.keyThumbprint,
        providerSession: authentication.sessionId,
        signedInAt: authTime,
        startedAt: seconds(startedAt),
        seenAt: seconds(),
      }
      void sessions.put(registered).catch(onError)
    },
    remove(session) {
      known.delete(session)
      void sessions.remove(session.id).catch(onError)
    },
    close: () => clearInterval(timer),
  }
}

/** After so long without a sign of life a relay is gone, in seconds. */
export const goneAfterSeconds = (3 * signOfLifeMs) / 1000

function seconds(ms = Date.now()): number {
  return Math.floor(ms / 1000)
}
