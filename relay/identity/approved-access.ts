import { isDeepStrictEqual } from 'node:util'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { approvedGroup, isApprovedGroup } from '#shared/ipc/approved-group.ts'
import type { RequestRules } from '../policy/request-rules.ts'
import { type AccessRequest, overAt } from '../state/access-request.ts'
import type { State } from '../state/state.ts'
import { knowsGroups, type Principal } from './principal.ts'

/** What ended so lately is still told. */
export const toldSeconds = 86_400

/** As often it is looked again when the store could not be read. */
const retryMs = 1000
/** As far ahead as is waited for the next end. */
const mostWaitMs = 3_600_000

/**
 * Requests for access, kept at hand: every request is made with what was approved for whoever makes it. A store that
 * cannot be read gives nothing to anybody.
 */
export class ApprovedAccess {
  readonly #state: State
  readonly #onError: (error: unknown) => void
  readonly #listeners = new Set<() => void>()
  /** Who they are with what was approved for them, as long as that is the same. */
  readonly #given = new WeakMap<Principal, Principal>()
  #requests: readonly AccessRequest[] = []
  /** Those that were approved, by who asked. */
  #approved: ReadonlyMap<string, readonly AccessRequest[]> = new Map()
  #stopWatching: () => void = () => {}
  #timer: NodeJS.Timeout | undefined

  private constructor(state: State, onError: (error: unknown) => void) {
    this.#state = state
    this.#onError = onError
  }

  /** @throws STATE_UNAVAILABLE */
  static async load(state: State, onError: (error: unknown) => void): Promise<ApprovedAccess> {
    const approved = new ApprovedAccess(state, onError)
    await approved.refresh()
    approved.#stopWatching = state.watch(() => void approved.refresh().catch(onError))
    return approved
  }

  /** All that are not over, and those that ended lately; oldest first. */
  get requests(): readonly AccessRequest[] {
    return this.#requests
  }

  /**
   * Someone with the groups that were approved for them and with no others of that kind, whoever says that they are in
   * one. This is the only place where such a group comes from.
   *
   * Who is approved has to be one of those who may ask, still. What was approved for a person is there for the agents that
   * act for them, as their other groups are.
   */
  of(principal: Principal, rules: RequestRules): Principal {
    const held = this.held(principal, rules)
    if (held.size === 0 && !principal.groups.some(isApprovedGroup)) return principal
    const own = principal.groups.filter((group) => !isApprovedGroup(group))
    const groups = [...own, ...[...held.keys()].map(approvedGroup)]
    const known = this.#given.get(principal)
    if (known && isDeepStrictEqual(known.groups, groups)) return known
    const given = { ...principal, groups }
    this.#given.set(principal, given)
    return given
  }

  /** What was approved for someone and holds, by the rule's id; of several for the same the one that holds the longest. */
  held(principal: Principal, rules: RequestRules): ReadonlyMap<string, AccessRequest> {
    const requests = this.#approved.get(keyOf(principal))
    if (!requests || principal.kind !== 'person' || !knowsGroups(principal)) return none
    const held = new Map<string, AccessRequest>()
    for (const request of requests) {
      const rule = rules.get(request.policy)
      if (!rule || rule.digest !== request.digest || !principal.groups.includes(rule.group)) continue
      const before = held.get(rule.id)
      const until = overAt(request)
      if (now() < until && (!before || overAt(before) < until)) held.set(rule.id, request)
    }
    return held
  }

  /**
   * Refuses what began when more was approved, and was allowed by nothing else.
   *
   * @param principal as {@link of} gave them then
   * @param policies those that allowed it
   * @throws ACCESS_ENDED
   */
  check(principal: Principal, rules: RequestRules, policies: readonly string[]): void {
    const { groups } = this.of(principal, rules)
    const isOver = (policy: string) => {
      const group = approvedGroup(policy)
      return principal.groups.includes(group) && !groups.includes(group)
    }
    if (policies.length > 0 && policies.every(isOver)) throw new JetwayError('ACCESS_ENDED')
  }

  /** Calls back when a request was made, decided or ended, by whichever process, or is over. @returns ends that */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What may be asked for is not the same any more. */
  changed(): void {
    for (const listener of this.#listeners) {
      try {
        listener()
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  /** Reads anew what is known, as is done by itself soon after another process has changed it. @throws STATE_UNAVAILABLE */
  async refresh(): Promise<void> {
    try {
      this.#take(await this.#state.accessRequests.list(now() - toldSeconds))
    } catch (error) {
      this.#take([])
      this.#wait(retryMs, () => void this.refresh().catch(this.#onError))
      throw error
    }
    this.#waitForNextEnd()
  }

  close(): void {
    this.#stopWatching()
    clearTimeout(this.#timer)
  }

  /** Others write to the store all the time, and seldom this. */
  #take(requests: readonly AccessRequest[]): void {
    if (isDeepStrictEqual(requests, this.#requests)) return
    this.#requests = requests
    const approved = new Map<string, AccessRequest[]>()
    for (const request of requests) {
      if (!request.decision?.approved) continue
      const key = keyOf(request.asker)
      approved.set(key, [...(approved.get(key) ?? []), request])
    }
    this.#approved = approved
    this.changed()
  }

  #waitForNextEnd(): void {
    const ends = this.#requests.map(overAt).filter((at) => at > now())
    if (ends.length === 0) return
    const ms = Math.min(...ends) * 1000 - Date.now()
    this.#wait(Math.min(Math.max(ms, 1), mostWaitMs), () => {
      this.changed()
      this.#waitForNextEnd()
    })
  }

  #wait(ms: number, then: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, ms)
    this.#timer.unref()
  }
}

const none: ReadonlyMap<string, AccessRequest> = new Map()

function keyOf({ issuer, subject }: { readonly issuer: string; readonly subject: string }): string {
  return `${issuer}\n${subject}`
}

const now = () => Math.floor(Date.now() / 1000)
