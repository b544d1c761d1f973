import type { RevokedAccess } from '../identity/revoked-access.ts'
import type { State } from '../state/state.ts'
import { maxAgeSeconds, type SecurityEvent, type SecurityEvents } from './security-event.ts'

/** No sign-in of a person lasts for longer. */
const personSeconds = 365 * 86_400
/** The provider that ended a session gives no new tokens for it, and those that there are do not last for longer. */
const sessionSeconds = 2 * 86_400

/**
 * Does what events are followed by, once. When it fails in the middle nothing is known to be done, and all of it is done
 * when they are sent again.
 *
 * @param issuer who sent them
 * @param now seconds since the epoch
 * @returns false for what was acted on before
 * @throws STATE_UNAVAILABLE (a retry can help)
 */
export async function actOnEvents(
  { id, issuedAt, events }: SecurityEvents,
  o: { issuer: string; now: number; state: Pick<State, 'usedIds' | 'revocations'>; revoked: RevokedAccess },
): Promise<boolean> {
  const { issuer, now, state, revoked } = o
  const usedId = `${issuer} ${id}`
  if (await state.usedIds.isUsed('jti', usedId, now)) return false
  for (const event of events) await act(event, issuer, now, state)
  await state.usedIds.use('jti', usedId, issuedAt + maxAgeSeconds + 1, now)
  await revoked.refresh()
  return true
}

async function act(
  { type, subject, at, does }: SecurityEvent,
  issuer: string,
  now: number,
  { revocations }: Pick<State, 'revocations'>,
): Promise<void> {
  const reason = type.split('/').at(-1) as string
  for (const named of subject) {
    if (does === 'restore') {
      // What someone here has taken away is not the provider's to give back, and what was ended stays over.
      const what = { who: named.who, kind: named.kind, effect: 'revoked', madeBy: issuer } as const
      await revocations.lift(what, { by: issuer, at: now })
    } else if (does === 'revoke') {
      await revocations.add({ ...named, effect: 'revoked', reason, by: issuer, at, until: null })
    } else if (does === 'end') {
      const until = at + (named.kind === 'session' ? sessionSeconds : personSeconds)
      await revocations.add({ ...named, effect: 'ended', reason, by: issuer, at, until })
    }
  }
}
