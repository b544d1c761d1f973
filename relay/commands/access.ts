import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Revocation } from '../state/revocation.ts'
import { operator } from './operator.ts'
import { now, print, type StateOptions, when, withState } from './state.ts'

/** What can be revoked by name. */
export const revocableKinds = ['person', 'session', 'token'] as const
type Kind = (typeof revocableKinds)[number]

/** Takes access away. A relay that runs sees it within a second, refuses them, and ends what they have open. */
export async function revoke(
  who: string,
  o: StateOptions & { reason: string; for?: string; kind: Kind; issuer?: string },
): Promise<void> {
  const at = now()
  const until = o.for === undefined ? null : at + secondsOf(o.for)
  const { kind, reason, issuer = null } = o
  const made = await withState(o, (state) =>
    state.revocations.add({ kind, who, issuer, effect: 'revoked', reason, by: operator(), at, until }),
  )
  print(o, made, [`${named(made)} has no access any more${until === null ? '' : ` until ${when(until)}`}.`])
}

/** Gives it back. */
export async function restore(who: string, o: StateOptions & { kind?: Kind }): Promise<void> {
  const what = { who, ...(o.kind === undefined ? {} : { kind: o.kind }) }
  const lifted = await withState(o, (state) => state.revocations.lift(what, { by: operator(), at: now() }))
  if (lifted === 0) throw new JetwayError('USAGE', { reason: `Nothing was revoked for ${who}.` })
  print(o, { who, lifted }, [`${who} may come in again, as the policy says.`])
}

export async function revocations(o: StateOptions): Promise<void> {
  const all = await withState(o, (state) => state.revocations.active(now()))
  const lines = all.map((one) => {
    const { effect, by, at, until, issuer, reason } = one
    const of = issuer === null ? '' : ` of ${issuer}`
    const how = effect === 'revoked' ? 'since' : 'has to sign in again since'
    const end = until === null || effect === 'ended' ? '' : `, until ${when(until)}`
    return `${named(one)}${of}  ${how} ${when(at)} by ${by}${end}: ${reason}`
  })
  print(o, all, lines.length > 0 ? lines : ['Nobody’s access is revoked.'])
}

/** Of people the name is enough. */
function named({ kind, who }: Revocation): string {
  if (kind === 'everyone') return 'everyone'
  return kind === 'person' ? who : `${kind} ${who}`
}

/** @throws USAGE */
function secondsOf(duration: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})(m|h|d)$/.exec(duration) ?? []
  if (unit === undefined)
    throw new JetwayError('USAGE', { reason: `--for takes 30m, 8h or 7d, not ${duration}.` })
  return Number(count) * { m: 60, h: 3600, d: 86_400 }[unit as 'm' | 'h' | 'd']
}
