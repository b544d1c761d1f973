import { duration } from '#shared/duration.ts'
import { shortened, waitingOf, waitingWords, wantedWords } from '#shared/ipc/access-request-words.ts'
import type { AccessRequest, AccessRequests } from '#shared/ipc/access-requests.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { RequestsKnown } from '#shared/ipc/desktop.ts'
import type { Due, NoticeAction } from './notices.ts'

/** Time enough to finish what one does, and to ask anew. */
const endsSoonMs = 10 * 60_000

/** What became of a request of the person's own, by somebody else. */
type Outcome = 'approved' | 'denied' | 'nobody' | 'ended'

interface Known {
  /** Who was signed in. */
  readonly subject: string | null
  readonly requests: AccessRequests
  /** By the id of a request that waits for the person: what it was told with. */
  readonly told: Map<string, string>
  readonly outcomes: Map<string, Outcome>
  /** By the id of access that was given: whether its end was near already when it came to be known. */
  readonly wasNear: Map<string, boolean>
}

/**
 * What to tell of requests for access: one that the person has to decide, and what became of their own. What was there when an
 * environment is first seen is told as one, what the person did themselves never.
 */
export class RequestNotices {
  readonly #known = new Map<string, Known>()

  /** `later` gets the times at which to look again, in milliseconds as `nowMs`. */
  due(environment: EnvironmentStatus, now: RequestsKnown | undefined, nowMs: number, later: number[]): Due[] {
    const { name, person } = environment
    const subject = person?.subject ?? null
    const before = this.#known.get(name)
    // Without a connection nothing is known, and nothing is over.
    if (now?.kind !== 'known') return before === undefined ? [] : quiet(dueOf(name, before, nowMs, later))
    const known = next(now.requests, subject, before?.subject === subject ? before : null, nowMs)
    this.#known.set(name, known)
    return dueOf(name, known, nowMs, later)
  }

  keepOnly(environments: ReadonlySet<string>): void {
    for (const name of this.#known.keys()) if (!environments.has(name)) this.#known.delete(name)
  }
}

function quiet(due: readonly Due[]): Due[] {
  return due.map((notice) => ({ ...notice, isQuiet: true }))
}

function next(requests: AccessRequests, subject: string | null, before: Known | null, nowMs: number): Known {
  const outcomes = new Map<string, Outcome>()
  const wasNear = new Map<string, boolean>()
  for (const request of requests.mine) {
    const { id, state, until } = request
    const earlier = before?.requests.mine.find((one) => one.id === id) ?? null
    const outcome =
      earlier?.state === state ? before?.outcomes.get(id) : before && outcomeOf(request, earlier, nowMs)
    if (outcome != null) outcomes.set(id, outcome)
    if (state === 'approved' && until !== null)
      wasNear.set(id, before?.wasNear.get(id) ?? Date.parse(until) - nowMs <= endsSoonMs)
  }
  return { subject, requests, told: toldWith(requests, before), outcomes, wasNear }
}

/** Several that are new at once are told as one. */
function toldWith(requests: AccessRequests, before: Known | null): Map<string, string> {
  const waiting = waitingOf(requests)
  const fresh = waiting.filter(({ id }) => before?.told.has(id) !== true)
  const [first] = fresh
  const cause = `${fresh.length > 1 ? 'requests' : 'request'} ${first?.id}`
  return new Map(waiting.map(({ id }) => [id, before?.told.get(id) ?? cause]))
}

function outcomeOf(request: AccessRequest, earlier: AccessRequest | null, nowMs: number): Outcome | null {
  const { state, endedBy, name } = request
  switch (state) {
    case 'approved':
    case 'denied':
      return state
    case 'ended':
      return endedBy === null || endedBy === name ? null : 'ended'
    case 'expired': {
      if (earlier?.state === 'waiting') return 'nobody'
      // Its time was not over: the policy that gave it is gone.
      const isEarly = earlier?.until != null && Date.parse(earlier.until) > nowMs + 60_000
      return earlier?.state === 'approved' && isEarly ? 'ended' : null
    }
    case 'waiting':
      return null
  }
}

function dueOf(environment: string, known: Known, nowMs: number, later: number[]): Due[] {
  const of = (request: string | null, label: string): NoticeAction => ({
    do: 'showRequests',
    environment,
    request,
    label,
  })
  const { mine } = known.requests
  const waiting = waitingOf(known.requests)
  const toDecide = [...new Set(known.told.values())].map((cause): Due => {
    const those = waiting.filter(({ id }) => known.told.get(id) === cause)
    const [first] = those as [AccessRequest]
    return those.length === 1
      ? {
          isQuiet: false,
          cause: `${cause} ${environment}`,
          title: `${environment}: ${shortened(first.name, 60)} asks for ${whatWords(first)}`,
          body: `For ${duration(first.seconds * 1000)}. “${first.reason}”`,
          action: of(first.id, 'Review'),
        }
      : {
          isQuiet: false,
          cause: `${cause} ${environment}`,
          title: `${environment}: ${waitingWords(those.length)}`,
          body: `Of ${[...new Set(those.map(({ name }) => name))].join(', ')}.`,
          action: of(null, 'Review'),
        }
  })
  const own = mine.flatMap((request): Due[] => {
    const outcome = known.outcomes.get(request.id)
    if (outcome === undefined) return []
    return [
      {
        isQuiet: false,
        cause: `${outcome} ${request.id} ${environment}`,
        ...outcomeWords(environment, outcome, request, nowMs),
        action: of(request.id, 'Open Jetway'),
      },
    ]
  })
  const ends = mine.flatMap((request): Due[] => {
    if (known.wasNear.get(request.id) !== false || request.until === null) return []
    const leftMs = Date.parse(request.until) - nowMs
    if (leftMs > endsSoonMs) later.push(nowMs + leftMs - endsSoonMs)
    if (leftMs > endsSoonMs || leftMs <= 0) return []
    return [
      {
        isQuiet: false,
        cause: `ends ${request.id} ${environment}`,
        title: `${environment}: ${whatWords(request)} ends soon`,
        body: `In ${duration(leftMs)}. Who needs it longer asks anew.`,
        action: of(request.id, 'Open Jetway'),
      },
    ]
  })
  return [...toDecide, ...own, ...ends]
}

/** Desktops show a few lines. */
function whatWords(request: AccessRequest): string {
  return shortened(wantedWords(request), 80)
}

function outcomeWords(
  environment: string,
  outcome: Outcome,
  request: AccessRequest,
  nowMs: number,
): Pick<Due, 'title' | 'body'> {
  const what = whatWords(request)
  const { decision, until, endedBy } = request
  const note = decision?.note == null ? '' : ` “${decision.note}”`
  const by = decision === null ? '' : `By ${decision.by}.`
  switch (outcome) {
    case 'approved': {
      const left = until === null ? '' : ` For ${duration(Date.parse(until) - nowMs)}.`
      return { title: `${environment}: you have been given ${what}`, body: `${by}${left}${note}` }
    }
    case 'denied':
      return { title: `${environment}: you are not given ${what}`, body: `${by}${note}` }
    case 'nobody':
      return {
        title: `${environment}: nobody has decided`,
        body: `You asked for ${what}. Ask once more, or ask somebody.`,
      }
    case 'ended':
      return {
        title: `${environment}: ${what} has ended`,
        body: endedBy === null ? 'The rule that gave it is gone.' : `${endedBy} has taken it back.`,
      }
  }
}
