import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Scheduler } from '#shared/protocol/scheduler.ts'

/** People go first, then machines, then agents. */
export const priorities = ['person', 'machine', 'agent'] as const
export type Priority = (typeof priorities)[number]

/** A request that asks to be let through, and for whom. */
export interface Claim {
  /** Always of the same priority. */
  readonly principal: string
  readonly route: string
  readonly priority: Priority
}

export interface AdmissionLimits {
  /** Under way at once: of all, of one principal, of one route. */
  readonly total: number
  readonly perPrincipal: number
  readonly perRoute: number
  /** Waiting at once: of all, of one principal. */
  readonly waiting: number
  readonly waitingPerPrincipal: number
  readonly maxWaitMs: number
}

export interface WaitListener {
  /** It is its turn, and counts as under way. */
  onAdmitted(): void
  /** It is not let through: OVERLOADED, or TOO_MANY_REQUESTS where its principal's own limits are the reason. */
  onRefused(error: JetwayError): void
}

/** Of so many turns one begins with those who are not people, so that nobody waits for ever. */
const turnsOfPeople = 8

/**
 * Who goes next to a service that takes so much at once.
 *
 * Within a priority, principals take turns, and each of them goes first come, first served, past those of its own whose
 * route is full. Whoever may go has gone: those who wait are held by a limit, so that one who comes and fits overtakes
 * nobody. A full queue makes room for a request that matters more, or whose principal has fewer waiting, at the cost of
 * the newest of the principal with the most.
 *
 * Nothing is kept of a principal or a route of which nothing is under way or waits.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #scheduler: Scheduler
  readonly #parties = new Map<string, Party>()
  readonly #routes = new Map<string, number>()
  /** Parties of which something waits, next to be served first. */
  readonly #rings: Readonly<Record<Priority, Set<Party>>> = {
    person: new Set(),
    machine: new Set(),
    agent: new Set(),
  }
  /** All that wait, oldest first. */
  readonly #waiting = new Set<Waiter>()
  #underWay = 0
  #turn = 0
  #cancelTimer: (() => void) | null = null

  constructor(limits: AdmissionLimits, scheduler: Scheduler) {
    this.#limits = limits
    this.#scheduler = scheduler
  }

  get underWay(): number {
    return this.#underWay
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Principals and routes of which something is kept. */
  get remembered(): number {
    return this.#parties.size + this.#routes.size
  }

  /** @returns whether it goes through, and counts as under way until {@link leave}; else {@link wait} */
  enter(claim: Claim): boolean {
    const party = this.#parties.get(claim.principal)
    if (!this.#hasRoom(claim.route) || (party && party.underWay >= this.#limits.perPrincipal)) return false
    this.#begin(party ?? this.#partyOf(claim), claim.route)
    return true
  }

  /** To be called after {@link enter} said no. @returns cancels the wait, for one who went away */
  wait(claim: Claim, listener: WaitListener): () => void {
    const { waiting, waitingPerPrincipal, maxWaitMs } = this.#limits
    const party = this.#partyOf(claim)
    const waiter: Waiter = { claim, party, listener, until: this.#scheduler.now() + maxWaitMs }
    if (party.waiting.size >= waitingPerPrincipal) this.#refuse(waiter)
    else if (this.#waiting.size < waiting || this.#makeRoom(party)) this.#enqueue(waiter)
    else this.#refuse(waiter)
    return () => {
      if (this.#waiting.has(waiter)) this.#dequeue(waiter)
    }
  }

  /** What went through has ended. */
  leave({ principal, route }: Claim): void {
    const party = this.#parties.get(principal) as Party
    const onRoute = this.#routes.get(route) as number
    const { total, perPrincipal, perRoute } = this.#limits
    const wasFull = this.#underWay >= total || party.underWay >= perPrincipal || onRoute >= perRoute
    this.#underWay -= 1
    party.underWay -= 1
    if (onRoute === 1) this.#routes.delete(route)
    else this.#routes.set(route, onRoute - 1)
    this.#forget(party)
    if (wasFull && this.#waiting.size > 0) this.#admitAll()
  }

  #hasRoom(route: string): boolean {
    const { total, perRoute } = this.#limits
    return this.#underWay < total && (this.#routes.get(route) ?? 0) < perRoute
  }

  #begin(party: Party, route: string): void {
    this.#underWay += 1
    party.underWay += 1
    this.#routes.set(route, (this.#routes.get(route) ?? 0) + 1)
  }

  /** One that leaves can leave room for two: in its own principal's share, and on its route. */
  #admitAll(): void {
    while (this.#underWay < this.#limits.total) {
      const waiter = this.#next()
      if (!waiter) return
      const { party } = waiter
      const ring = this.#rings[party.priority]
      this.#turn += 1
      this.#begin(party, waiter.claim.route)
      this.#dequeue(waiter)
      if (ring.delete(party)) ring.add(party)
      waiter.listener.onAdmitted()
    }
  }

  #next(): Waiter | null {
    for (const priority of this.#order()) {
      for (const party of this.#rings[priority]) {
        const waiter = this.#nextOf(party)
        if (waiter) return waiter
      }
    }
    return null
  }

  #order(): readonly Priority[] {
    if (this.#turn % turnsOfPeople !== turnsOfPeople - 1) return priorities
    const isAgentsTurn = this.#turn % (2 * turnsOfPeople) >= turnsOfPeople
    return isAgentsTurn ? ['agent', 'machine', 'person'] : ['machine', 'agent', 'person']
  }

  #nextOf(party: Party): Waiter | null {
    if (party.underWay >= this.#limits.perPrincipal) return null
    for (const waiter of party.waiting) if (this.#hasRoom(waiter.claim.route)) return waiter
    return null
  }

  /** Takes the place of one that matters less, if there is one. */
  #makeRoom(party: Party): boolean {
    const least = [...priorities].reverse().find((priority) => this.#rings[priority].size > 0) as Priority
    if (priorities.indexOf(least) < priorities.indexOf(party.priority)) return false
    let most: Party | null = null
    for (const other of this.#rings[least]) if (!most || other.waiting.size > most.waiting.size) most = other
    if (!most || (least === party.priority && most.waiting.size <= party.waiting.size + 1)) return false
    const newest = [...most.waiting].at(-1) as Waiter
    this.#dequeue(newest)
    this.#refuse(newest)
    return true
  }

  #enqueue(waiter: Waiter): void {
    waiter.party.waiting.add(waiter)
    this.#rings[waiter.party.priority].add(waiter.party)
    this.#waiting.add(waiter)
    this.#watchTime()
  }

  #dequeue(waiter: Waiter): void {
    const { party } = waiter
    this.#waiting.delete(waiter)
    party.waiting.delete(waiter)
    if (party.waiting.size === 0) this.#rings[party.priority].delete(party)
    this.#forget(party)
    if (this.#waiting.size > 0) return
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #refuse({ party, listener }: Waiter): void {
    const { perPrincipal, waitingPerPrincipal } = this.#limits
    const isOwnDoing = party.underWay >= perPrincipal || party.waiting.size >= waitingPerPrincipal
    this.#forget(party)
    listener.onRefused(
      isOwnDoing
        ? new JetwayError('TOO_MANY_REQUESTS', { limit: perPrincipal })
        : new JetwayError('OVERLOADED', { limit: 'requests that wait for this service' }),
    )
  }

  /** All wait equally long, so the oldest is the next whose time is over. */
  #watchTime(): void {
    const [oldest] = this.#waiting
    if (this.#cancelTimer || !oldest) return
    this.#cancelTimer = this.#scheduler.after(Math.max(0, oldest.until - this.#scheduler.now()), () => {
      this.#cancelTimer = null
      for (const waiter of this.#waiting) {
        if (waiter.until > this.#scheduler.now()) break
        this.#dequeue(waiter)
        this.#refuse(waiter)
      }
      this.#watchTime()
    })
  }

  #partyOf({ principal, priority }: Claim): Party {
    let party = this.#parties.get(principal)
    if (!party) {
      party = { principal, priority, underWay: 0, waiting: new Set() }
      this.#parties.set(principal, party)
    }
    return party
  }

  #forget(party: Party): void {
    if (party.underWay === 0 && party.waiting.size === 0) this.#parties.delete(party.principal)
  }
}

interface Party {
  readonly principal: string
  readonly priority: Priority
  underWay: number
  /** Oldest first. */
  readonly waiting: Set<Waiter>
}

interface Waiter {
  readonly claim: Claim
  readonly party: Party
  readonly listener: WaitListener
  /** On the scheduler's clock. */
  readonly until: number
}
