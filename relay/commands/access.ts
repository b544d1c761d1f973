import { userInfo } from 'node:os'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { loadConfig } from '../config/load.ts'
import { goneAfterSeconds } from '../session-registry.ts'
import { openSqliteState } from '../state/sqlite.ts'
import type { State } from '../state/state.ts'

interface Options {
  readonly config: string
  readonly json?: true
}

/** Takes someone's access away. A relay that runs sees it within a second, refuses them, and ends their sessions. */
export async function revoke(who: string, o: Options & { reason: string; for?: string }): Promise<void> {
  const at = now()
  const until = o.for === undefined ? null : at + secondsOf(o.for)
  const by = userInfo().username
  const made = await withState(o, (state) => state.revocations.add({ who, reason: o.reason, by, at, until }))
  print(o, made, [`${who} has no access any more${until === null ? '' : ` until ${when(until)}`}.`])
}

/** Gives it back. */
export async function restore(who: string, o: Options): Promise<void> {
  const lifted = await withState(o, (state) => state.revocations.lift(who, now()))
  if (lifted === 0) throw new JetwayError('USAGE', { reason: `Nothing was revoked for ${who}.` })
  print(o, { who, lifted }, [`${who} may come in again, as the policy says.`])
}

export async function revocations(o: Options): Promise<void> {
  const all = await withState(o, (state) => state.revocations.active(now()))
  const lines = all.map(
    ({ who, reason, by, at, until }) =>
      `${who}  since ${when(at)} by ${by}${until === null ? '' : `, until ${when(until)}`}: ${reason}`,
  )
  print(o, all, lines.length > 0 ? lines : ['Nobody’s access is revoked.'])
}

export async function sessions(o: Options): Promise<void> {
  const all = await withState(o, (state) => state.sessions.list(now() - goneAfterSeconds))
  const lines = all.map(
    ({ name, address, client, startedAt }) =>
      `${name}  from ${address} with ${client} since ${when(startedAt)}`,
  )
  print(o, all, lines.length > 0 ? lines : ['Nobody is connected.'])
}

async function withState<T>({ config }: Options, action: (state: State) => Promise<T>): Promise<T> {
  const state = openSqliteState(loadConfig(config).state.file)
  try {
    return await action(state)
  } finally {
    await state.close()
  }
}

function print({ json }: Options, value: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`)
}

/** @throws USAGE */
function secondsOf(duration: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})(m|h|d)$/.exec(duration) ?? []
  if (unit === undefined)
    throw new JetwayError('USAGE', { reason: `--for takes 30m, 8h or 7d, not ${duration}.` })
  return Number(count) * { m: 60, h: 3600, d: 86_400 }[unit as 'm' | 'h' | 'd']
}

function when(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}
