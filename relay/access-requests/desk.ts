import { randomUUID } from 'node:crypto'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type {
  AccessRequestAsk,
  AccessRequestDecision,
  AccessRequest as Told,
} from '#shared/ipc/access-requests.ts'
import { type AccessRecord, accessRecord } from '../audit/access-record.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { type ApprovedAccess, toldSeconds } from '../identity/approved-access.ts'
import type { Principal } from '../identity/principal.ts'
import type { RequestRules } from '../policy/request-rules.ts'
import type { AccessRequest, AccessRequests, Asker } from '../state/access-request.ts'
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

type Verb = 'access.request' | 'access.approve' | 'access.deny' | 'access.withdraw'

/** What is to be done, once it is written down. */
interface Deed {
  readonly request: Omit<AccessRequest, 'decision' | 'ended'>
  /** @throws why it cannot be done any more */
  act(): Promise<void>
}

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
    return this.#do('access.request', visitor, { policy, seconds, reason }, () => {
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
    return this.#do(verb, visitor, { request: id, reason: note }, () => {
      const request = this.#find(id)
      const rule = request && rules.get(request.policy)
      if (request && isSamePerson(request.asker, principal)) throw new JetwayError('OWN_ACCESS_REQUEST')
      if (!request || !rule || !isApprover(principal, rule))
        throw new JetwayError('ACCESS_REQUEST_UNKNOWN', { id })
      if (isOwn(request, principal)) throw new JetwayError('OWN_ACCESS_REQUEST')
      this.#expect(request, ['waiting'])
      const act = async () => {
        const done = await state.decide(id, { approved, by: askerOf(principal), at: now(), note })
        if (!done) await this.#tellOver(id)
      }
      return { request, act }
    })
  }

  /** @throws ACCESS_REQUEST_UNKNOWN, ACCESS_REQUEST_OVER */
  end(visitor: Visitor, id: string): Promise<Told> {
    const { state, rules } = this.#parts
    const { principal } = visitor
    return this.#do('access.withdraw', visitor, { request: id, reason: null }, () => {
      const request = this.#find(id)
      const rule = request && rules.get(request.policy)
      const mayEnd =
        request && (isSamePerson(request.asker, principal) || (rule && isApprover(principal, rule)))
      if (!mayEnd) throw new JetwayError('ACCESS_REQUEST_UNKNOWN', { id })
      this.#expect(request, ['waiting', 'approved'])
      const act = async () => {
        if (!(await state.end(id, { by: askerOf(principal), at: now() }))) await this.#tellOver(id)
      }
      return { request, act }
    })
  }

  #find(id: string): AccessRequest | undefined {
    return this.#parts.approved.requests.find((request) => request.id === id)
  }

  /** @throws ACCESS_REQUEST_OVER */
  #expect(request: AccessRequest, states: readonly Told['state'][]): void {
    const state = stateOf(request, this.#parts.rules, now())
    if (!states.includes(state)) throw new JetwayError('ACCESS_REQUEST_OVER', { state })
  }

  /** Somebody else was faster. */
  async #tellOver(id: string): Promise<never> {
    await this.#parts.approved.refresh()
    const request = this.#find(id)
    const state = request ? stateOf(request, this.#parts.rules, now()) : 'expired'
    throw new JetwayError('ACCESS_REQUEST_OVER', { state })
  }

  /** @param find says what is to be done, or why it is not for this person to do */
  async #do(
    verb: Verb,
    visitor: Visitor,
    asked: AccessRecord['access'] & { readonly reason: string | null },
    find: () => Deed,
  ): Promise<Told> {
    const { approved, auditLog, rules } = this.#parts
    const startedAt = Date.now()
    const { reason, ...wanted } = asked
    let about = wanted
    let refusal: JetwayError | null = null
    const record = (kind: 'intent' | 'access') =>
      accessRecord({
        ...{ kind, verb, startedAt, error: refusal },
        ...(reason === null ? {} : { reason }),
        id: visitor.id,
        address: visitor.address,
        via: 'tunnel',
        by: visitor,
        generation: this.#parts.generation,
        access: about,
      })
    try {
      if (!isPersonThemself(visitor.principal)) throw new JetwayError('PEOPLE_ONLY')
      const { request, act } = find()
      about = aboutOf(request)
      await auditLog.commit(record('intent'))
      await act()
      await approved.refresh()
      return toldOf(this.#find(request.id) ?? { ...request, decision: null, ended: null }, rules, now())
    } catch (thrown) {
      refusal = asJetwayError(thrown)
      throw refusal
    } finally {
      auditLog.append(record('access'))
    }
  }
}

/** Whose request it is and for what, for the audit log. */
function aboutOf({ id, asker, policy, role, dags, tags, seconds }: Deed['request']): AccessRecord['access'] {
  return {
    ...{ request: id, policy, role, dags: dags.join(', '), tags: tags?.join(', ') ?? null, seconds },
    for: asker.name,
    forSubject: asker.subject,
    forIssuer: asker.issuer,
  }
}

function askerOf({ issuer, subject, name, email }: Principal): Asker {
  return { issuer, subject, name, email }
}

function durationOf(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
}

const now = () => Math.floor(Date.now() / 1000)
