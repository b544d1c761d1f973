import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { problemToShow } from '#shared/ipc/phase.ts'
import { RequestNotices } from './request-notices.ts'

/** Something to be said outside the window. */
export interface Notice {
  /** What it is about; there is never more than one for the same. */
  readonly cause: string
  readonly title: string
  readonly body: string
  /** What can be done about it, at a click. */
  readonly action: NoticeAction
}

export type NoticeAction =
  | { readonly do: 'signIn' | 'connect'; readonly environment: string; readonly label: string }
  | {
      readonly do: 'showRequests'
      readonly environment: string
      /** The id of one; null for all. */
      readonly request: string | null
      readonly label: string
    }
  | { readonly do: 'openWindow'; readonly label: string }

export interface Told {
  readonly say: readonly Notice[]
  /** Causes that are gone: what was said of them is taken back. */
  readonly withdraw: readonly string[]
  /** When to look again, though nothing may have changed, in milliseconds as `nowMs`; null for never. */
  readonly againAtMs: number | null
}

/** A carrier that changes takes seconds; who works does not want to hear of that. */
const lostForMs = 60_000
/** Time enough to finish what one does, and to sign in anew. */
const endsSoonMs = 10 * 60_000

export interface Due extends Notice {
  /** Not to be shown just now. */
  readonly isQuiet: boolean
}

/**
 * What to tell the person, given all states one after the other, and now and then the same again: that a sign-in is
 * needed or ends soon, that a connection is lost for long or for good, and what became of requests for access. Each is said once, however many connections wait
 * for it, and taken back when it is over.
 */
export class Notices {
  /** Causes that were said and are not over. */
  readonly #said = new Set<string>()
  /** Since when an environment looks for another way, in milliseconds. */
  readonly #reconnectingSince = new Map<string, number>()
  /** Which were connected, and have not been asked to connect since. */
  readonly #wasUp = new Set<string>()
  /** The end of each sign-in, and whether it was near already when it came to be known. */
  readonly #ends = new Map<string, { readonly at: string; readonly wasNear: boolean }>()
  readonly #requests = new RequestNotices()

  next(state: DesktopState, nowMs: number): Told {
    // An engine that starts again knows of nothing at first.
    if (state.engine !== 'running') return { say: [], withdraw: [], againAtMs: null }
    const later: number[] = []
    this.#requests.keepOnly(new Set(state.environments.map(({ name }) => name)))
    const due = state.environments.flatMap((environment) => [
      signInNeeded(environment),
      this.#endsSoon(environment, nowMs, later),
      this.#ended(environment),
      ...this.#requests.due(environment, state.accessRequests[environment.name], nowMs, later),
    ])
    due.push(this.#lost(state.environments, nowMs, later))
    return {
      ...this.#compare(due.filter((notice) => notice !== null)),
      againAtMs: later.length === 0 ? null : Math.min(...later),
    }
  }

  /** What is quiet is not over: it is not said a second time. */
  #compare(due: readonly Due[]): Pick<Told, 'say' | 'withdraw'> {
    const loud = due.filter(({ isQuiet }) => !isQuiet)
    const shown = new Set(loud.map(({ cause }) => cause))
    const withdraw = [...this.#said].filter((cause) => !shown.has(cause))
    const say = loud.filter(({ cause }) => !this.#said.has(cause))
    for (const cause of withdraw) if (!due.some((notice) => notice.cause === cause)) this.#said.delete(cause)
    for (const { cause } of say) this.#said.add(cause)
    return { say, withdraw }
  }

  #endsSoon(environment: EnvironmentStatus, nowMs: number, later: number[]): Due | null {
    const { name, signInEnds, stepUp, signingIn, state } = environment
    if (signInEnds === null) return null
    const leftMs = Date.parse(signInEnds) - nowMs
    const isNear = leftMs <= endsSoonMs
    const known = this.#ends.get(name)
    const wasNear = known?.at === signInEnds ? known.wasNear : isNear
    this.#ends.set(name, { at: signInEnds, wasNear })
    if (!isNear) later.push(nowMs + leftMs - endsSoonMs)
    // That a sign-in is short is no news to who has just signed in.
    if (!isNear || wasNear || leftMs <= 0 || stepUp !== null || state === 'disconnected') return null
    return {
      isQuiet: signingIn,
      cause: `ends ${name}`,
      title: `${name}: your sign-in ends soon`,
      body: `In ${Math.max(1, Math.round(leftMs / 60_000))} minutes. Sign in now, and nothing is interrupted.`,
      action: { do: 'signIn', environment: name, label: 'Sign in' },
    }
  }

  /** One for all: several that are lost at once are so for one reason, mostly. */
  #lost(environments: readonly EnvironmentStatus[], nowMs: number, later: number[]): Due | null {
    for (const { name, state } of environments) {
      if (state !== 'reconnecting') this.#reconnectingSince.delete(name)
      else if (!this.#reconnectingSince.has(name)) this.#reconnectingSince.set(name, nowMs)
    }
    const isLost = ({ name }: EnvironmentStatus): boolean =>
      nowMs - (this.#reconnectingSince.get(name) ?? nowMs) >= lostForMs
    for (const since of this.#reconnectingSince.values()) {
      if (nowMs - since < lostForMs) later.push(since + lostForMs)
    }
    const lost = environments.filter(isLost)
    const [first] = lost
    if (first === undefined) return null
    const why = first.lastError === null ? '' : `${first.lastError.detail} `
    return {
      isQuiet: false,
      cause: 'lost',
      title: `${lost.map(({ name }) => name).join(', ')}: connection lost`,
      body: `${why}Jetway goes on trying.`,
      action: { do: 'openWindow', label: 'Open Jetway' },
    }
  }

  /** It was connected and is not any more, for a reason that trying does not mend. */
  #ended(environment: EnvironmentStatus): Due | null {
    const { name, state, stepUp } = environment
    const problem = problemToShow(environment)
    if (state === 'connected' || state === 'reconnecting') this.#wasUp.add(name)
    else if (state === 'connecting' || problem === null) this.#wasUp.delete(name)
    if (!this.#wasUp.has(name) || state !== 'disconnected' || problem === null || stepUp !== null) return null
    return {
      isQuiet: false,
      cause: `ended ${name}`,
      title: `${name}: ${problem.title}`,
      body: `${problem.detail} ${problem.action}`,
      action: { do: 'connect', environment: name, label: 'Connect' },
    }
  }
}

function signInNeeded({ name, stepUp, signingIn, state }: EnvironmentStatus): Due | null {
  if (stepUp === null) return null
  return {
    // Who is at it knows.
    isQuiet: signingIn,
    cause: `sign-in ${name}`,
    title: `${name}: ${stepUp.title}`,
    body: `${stepUp.detail} ${stepUp.action}`,
    // Both join a sign-in that is under way, so there is one page whatever else is clicked.
    action: { do: state === 'disconnected' ? 'connect' : 'signIn', environment: name, label: 'Sign in' },
  }
}
