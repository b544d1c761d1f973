import { createInterface } from 'node:readline/promises'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { goneAfterSeconds } from '../session-registry.ts'
import type { RegisteredSession } from '../state/registered-session.ts'
import { type Revocation, signInName } from '../state/revocation.ts'
import type { State } from '../state/state.ts'
import { operator } from './operator.ts'
import { now, print, type StateOptions, when, withState } from './state.ts'

interface EndOptions extends StateOptions {
  readonly person?: string
  readonly all?: true
  readonly reason: string
  readonly yes?: true
}

/** No sign-in lasts for longer. */
const rememberedSeconds = 365 * 86_400

export async function listSessions(o: StateOptions): Promise<void> {
  const all = await withState(o, connected)
  print(o, all, all.length > 0 ? all.map(line) : ['Nobody is connected.'])
}

/**
 * Ends sessions, and what their people signed in to: their clients do not come back by themselves, and a new sign-in lets
 * them in again.
 *
 * @throws USAGE
 */
export async function endSessions(id: string | undefined, o: EndOptions): Promise<void> {
  const ways = [id, o.person, o.all].filter((way) => way !== undefined)
  if (ways.length !== 1)
    throw new JetwayError('USAGE', { reason: 'Name a session, or --person <who>, or --all.' })
  await withState(o, async (state) => {
    const all = await connected(state)
    const meant = all.filter((session) => o.all || session.id === id || isOf(session, o.person))
    if (id !== undefined && meant.length === 0)
      throw new JetwayError('USAGE', { reason: `There is no session ${id}; see sessions list.` })
    if (!o.yes) await confirm(meant)
    const about = { effect: 'ended', reason: o.reason, by: operator(), at: now() } as const
    const ends = id === undefined ? [endOf(o)] : meant.flatMap(endsOf)
    for (const end of ends)
      await state.revocations.add({ ...about, ...end, until: about.at + rememberedSeconds })
    print(o, { ended: meant }, [
      `${meant.length} session${meant.length === 1 ? '' : 's'} ended.`,
      ...(id !== undefined && meant.every(mayComeBack)
        ? ['The provider does not say when they signed in: their client can come back. See revoke.']
        : []),
    ])
  })
}

type Named = Pick<Revocation, 'kind' | 'who' | 'issuer'>

function endOf({ person }: EndOptions): Named {
  return person === undefined
    ? { kind: 'everyone', who: '*', issuer: null }
    : { kind: 'person', who: person, issuer: null }
}

/** The session, and the sign-in that it came from, by what is known of that. */
function endsOf({ id, issuer, subject, signedInAt, providerSession }: RegisteredSession): Named[] {
  const session = { kind: 'session', who: id, issuer } as const
  if (signedInAt !== null) return [{ kind: 'sign-in', who: signInName(subject, signedInAt), issuer }, session]
  if (providerSession !== null) return [{ kind: 'session', who: providerSession, issuer }, session]
  return [{ kind: 'person', who: subject, issuer }, session]
}

function mayComeBack({ signedInAt, providerSession }: RegisteredSession): boolean {
  return signedInAt === null && providerSession === null
}

function connected(state: State): Promise<readonly RegisteredSession[]> {
  return state.sessions.list(now() - goneAfterSeconds)
}

function isOf({ name, subject }: RegisteredSession, person: string | undefined): boolean {
  return [name, subject].some((own) => own.toLowerCase() === person?.toLowerCase())
}

/** @throws USAGE when nobody can be asked, or they say no */
async function confirm(sessions: readonly RegisteredSession[]): Promise<void> {
  if (!process.stdin.isTTY) throw new JetwayError('USAGE', { reason: 'Say --yes: nobody can be asked here.' })
  process.stderr.write(`${sessions.map(line).join('\n')}\n`)
  const questions = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await questions.question('End them, and what was signed in to? [y/N] ')
  questions.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new JetwayError('USAGE', { reason: 'Nothing was ended.' })
}

function line(o: RegisteredSession): string {
  const signedIn = o.signedInAt === null ? '' : ` at ${when(o.signedInAt)}`
  const acr = o.acr === null ? '' : ` (${o.acr})`
  return [
    `${o.name}  from ${o.address} with ${o.client} since ${when(o.startedAt)}`,
    `signed in by ${o.authenticatedBy}${acr}${signedIn}, with ${o.keyThumbprint === null ? 'bearer tokens' : 'tokens bound to its key'}`,
    `active ${when(o.activeAt)}, ${o.bytesReceived} bytes received, ${o.bytesSent} sent`,
    `session ${o.id}`,
  ].join('\n    ')
}
