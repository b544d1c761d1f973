import { randomUUID } from 'node:crypto'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type {
  AccessRequestAsk,
  AccessRequestDecision,
  AccessRequest as Told,
} from '#shared/ipc/access-requests.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { type ApprovedAccess, toldSeconds } from '../identity/approved-access.ts'
import type { Principal } from '../identity/principal.ts'
import type { RequestRules } from '../policy/request-rules.ts'
import { type AccessRequest, type AccessRequests, type Asker, overAt } from '../state/access-request.ts'
import { type Deed, doRecorded, type Way } from './recorded-deed.ts'
import { isApprover, isOwn, isPersonThemself, isSamePerson, mayAsk } from './rights.ts'
import { stateOf, toldOf } from './view.ts'

/** Nobody decides on what has waited for so long. */
const waitSeconds = 86_400
/** So many requests of one person may wait, and so many may they make in a day. */
const most = { waiting: 10, asked: 100 }
/** What has been over for so long is forgotten; the audit log keeps it. */
const keptSeconds = 2 * toldSeconds

/** Who is there, and how they came. */
export interface Visitor {
  /** Of their request to the relay. */
  readonly id: string
  readonly principal: Principal
  readonly address: string
  readonly session: string
}

/** Someone at the relay's own machine. */
export interface OperatorEnd {
  /** Of the request. */
  readonly id: string
  readonly reason: string
  /** Who it is, as the command says. */
  readonly user: string
}

type Recorded = Parameters<typeof doRecorded>[0]

export interface DeskParts {
  readonly state: AccessRequests
  readonly approved: ApprovedAccess
  readonly auditLog: AuditLog
  readonly rules: RequestRules
  /** The id of the generation. */
  readonly generation: string
}

/**
 * Where access is asked for, decided on, and ended. Each is in the audit log before it counts, and with what became of it
 * afterwards; from then on it counts everywhere at this relay, and at the others that share its state within a second.
 *
 * All of it throws PEOPLE_ONLY, AUDIT_UNAVAILABLE and STATE_UNAVAILABLE (of the two a retry can help).
 */
export class AccessDesk {
  readonly #parts: DeskParts

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  /** @throws ACCESS_NOT_REQUESTABLE, ACCESS_TOO_LONG, TOO_MANY_ACCESS_REQUESTS */
  ask(visitor: Visitor, { policy, reason, seconds }: AccessRequestAsk): Promise<Told> {
    const { state, rules } = this.#parts
    const { principal } = visitor
    return this.#do('access.request', wayOf(visitor), { policy, seconds, reason }, () => {
      expectPerson(principal)
      const rule = rules.get(policy)
      if (!rule || !mayAsk(principal, rule)) throw new JetwayError('ACCESS_NOT_REQUESTABLE', { policy })
      if (seconds > rule.longestSeconds)
        throw new JetwayError('ACCESS_TOO_LONG', { longest: durationOf(rule.longestSeconds) })
      const askedAt = now()
      const { role, dags = [], tags = null } = rule.policy.told ?? {}
      const request = {
        id: randomUUID(),
        asker: askerOf(principal),
        ...{ policy, digest: rule.digest, role: role ?? '', dags, tags, reason, seconds, askedAt },
        expires: askedAt + waitSeconds,
      }
      const act = async () => {
        await state.forget(askedAt - keptSeconds)
        if (!(await state.add(request, { ...most, since: askedAt - 86_400 })))
          throw new JetwayError('TOO_MANY_ACCESS_REQUESTS', { ...most })
      }
      return { request, act }
    })
  }

  /** @throws ACCESS_REQUEST_UNKNOWN, OWN_ACCESS_REQUEST, ACCESS_REQUEST_OVER */
  decide(visitor: Visitor, id: string, { decision, note }: AccessRequestDecision): Promise<Told> {
    const { state, rules } = this.#parts
    const { principal } = visitor
    const approved = decision === 'approve'
    const verb = approved ? 'access.approve' : 'access.deny'
    return this.#do(verb, wayOf(visitor), { request: id, reason: note }, () => {
      expectPerson(principal)
      const request = this.#find(id)
      const rule = request && rules.get(request.policy)
      if (request && isSamePerson(request.asker, principal)) throw new JetwayError('OWN_ACCESS_REQUEST')
      if (!request || !rule || !isApprover(principal, rule))
        throw new JetwayError('ACCESS_REQUEST_UNKNOWN', { id })
      if (isOwn(request, principal)) throw new JetwayError('OWN_ACCESS_REQUEST')
      if (stateOf(request, rules, now()) !== 'waiting') this.#refuseAsOver(request)
      const act = async () => {
        const done = await state.decide(id, { approved, by: askerOf(principal), at: now(), note })
        if (!done) await this.#tellOver(id)
      }
      return { request, act }
    })
  }

  /** @throws ACCESS_REQUEST_UNKNOWN, ACCESS_REQUEST_OVER */
  end(visitor: Visitor, id: string): Promise<Told> {
    const { rules } = this.#parts
    const { principal } = visitor
    return this.#do('access.withdraw', wayOf(visitor), { request: id, reason: null }, () => {
      expectPerson(principal)
      const request = this.#find(id)
      const rule = request && rules.get(request.policy)
      const mayEnd =
        request && (isSamePerson(request.asker, principal) || (rule && isApprover(principal, rule)))
      if (!mayEnd) throw new JetwayError('ACCESS_REQUEST_UNKNOWN', { id })
      return this.#ending(request, askerOf(principal))
    })
  }

  /** All that are not over, and those that ended lately, oldest first: for whoever runs the relay. */
  list(): Told[] {
    const { approved, rules } = this.#parts
    return approved.requests.map((request) => toldOf(request, rules, now()))
  }

  /** As {@link end}, for whoever runs the relay. @throws ACCESS_REQUEST_UNKNOWN, ACCESS_REQUEST_OVER */
  endByOperator({ id, reason, user }: OperatorEnd): Promise<Told> {
    const way = { id: randomUUID(), address: '', via: 'command' } as const
    const by = { issuer: '', subject: '', name: user, email: null }
    return this.#do('access.withdraw', way, { request: id, reason, by: user }, () => {
      const request = this.#find(id)
      if (!request) throw new JetwayError('ACCESS_REQUEST_UNKNOWN', { id })
      return this.#ending(request, by)
    })
  }

  #ending(request: AccessRequest, by: Asker): Deed {
    // One whose rule is another one now may hold again.
    if (overAt(request) <= now()) this.#refuseAsOver(request)
    const act = async () => {
      if (!(await this.#parts.state.end(request.id, { by, at: now() }))) await this.#tellOver(request.id)
    }
    return { request, act }
  }

  #find(id: string): AccessRequest | undefined {
    return this.#parts.approved.requests.find((request) => request.id === id)
  }

  #refuseAsOver(request: AccessRequest | undefined): never {
    const state = request ? stateOf(request, this.#parts.rules, now()) : 'expired'
    throw new JetwayError('ACCESS_REQUEST_OVER', { state })
  }

  /** Somebody else was faster. */
  async #tellOver(id: string): Promise<never> {
    await this.#parts.approved.refresh()
    return this.#refuseAsOver(this.#find(id))
  }

  async #do(
    verb: Recorded['verb'],
    way: Way,
    asked: Recorded['asked'],
    find: Recorded['find'],
  ): Promise<Told> {
    const { approved, auditLog, generation, rules } = this.#parts
    const request = await doRecorded({ auditLog, generation, verb, way, asked, find })
    await approved.refresh()
    return toldOf(this.#find(request.id) ?? { ...request, decision: null, ended: null }, rules, now())
  }
}

function wayOf({ id, address, principal, session }: Visitor): Way {
  return { id, address, via: 'tunnel', by: { principal, session } }
}

/** @throws PEOPLE_ONLY */
function expectPerson(principal: Principal): void {
  if (!isPersonThemself(principal)) throw new JetwayError('PEOPLE_ONLY')
}

function askerOf({ issuer, subject, name, email }: Principal): Asker {
  return { issuer, subject, name, email }
}

function durationOf(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
}

const now = () => Math.floor(Date.now() / 1000)
