import type { AccessRequests, Requestable, AccessRequest as Told } from '#shared/ipc/access-requests.ts'
import { toldSeconds } from '../identity/approved-access.ts'
import type { Principal } from '../identity/principal.ts'
import { budget, clipped } from '../policy/budget.ts'
import type { RequestRule, RequestRules } from '../policy/request-rules.ts'
import { type AccessRequest, overAt } from '../state/access-request.ts'
import { isApprover, isOwn, isPersonThemself, isSamePerson, mayAsk } from './rights.ts'

/** As many may be told together of each kind. */
const most = { requestable: 256, mine: 200, toDecide: 500 }

/**
 * What someone may ask for, what they have asked for, and what waits for their decision. What is between others is told
 * to nobody.
 *
 * @param now seconds since the epoch
 */
export function accessRequestsFor(
  principal: Principal,
  rules: RequestRules,
  requests: readonly AccessRequest[],
  now: number,
): AccessRequests {
  if (!isPersonThemself(principal)) return { requestable: [], mine: [], toDecide: [], omitted: 0 }
  const room = budget()
  const told = (list: readonly AccessRequest[], limit: number) =>
    room.first(limit, list, (request) => toldOf(request, rules, now))
  const toDecide = told(
    requests.filter((request) => isTheirsToDecide(request, principal, rules, now)),
    most.toDecide,
  )
  const mine = told(
    requests
      .filter((request) => isSamePerson(request.asker, principal) && overAt(request) > now - toldSeconds)
      .reverse(),
    most.mine,
  )
  const askable = [...rules.values()].filter((rule) => mayAsk(principal, rule))
  const requestable = room.first(most.requestable, askable, requestableOf)
  return { requestable, mine, toDecide, omitted: room.omitted }
}

function isTheirsToDecide(
  request: AccessRequest,
  principal: Principal,
  rules: RequestRules,
  now: number,
): boolean {
  const rule = rules.get(request.policy)
  if (!rule || !isApprover(principal, rule) || isOwn(request, principal)) return false
  const state = stateOf(request, rules, now)
  const by = request.decision?.by
  return state === 'waiting' || (state === 'approved' && by !== undefined && isSamePerson(by, principal))
}

/** @param now seconds since the epoch */
export function toldOf(request: AccessRequest, rules: RequestRules, now: number): Told {
  const { id, asker, policy, role, dags, tags, reason, seconds, askedAt, decision, ended } = request
  const state = stateOf(request, rules, now)
  return {
    id,
    policy,
    role,
    dags: [...dags],
    tags: tags && [...tags],
    name: clipped(asker.name),
    email: asker.email === null ? null : clipped(asker.email),
    reason,
    seconds,
    state,
    askedAt: isoOf(askedAt),
    until: state === 'waiting' || state === 'approved' ? isoOf(overAt(request)) : null,
    decision: decision && {
      by: clipped(decision.by.name),
      at: isoOf(decision.at),
      note: decision.note,
    },
    endedBy: ended && clipped(ended.by.name),
  }
}

/** @param now seconds since the epoch */
export function stateOf(request: AccessRequest, rules: RequestRules, now: number): Told['state'] {
  const { decision, ended } = request
  if (ended !== null) return 'ended'
  if (decision?.approved === false) return 'denied'
  if (now >= overAt(request) || rules.get(request.policy)?.digest !== request.digest) return 'expired'
  return decision === null ? 'waiting' : 'approved'
}

function requestableOf({ id, policy, approvers, longestSeconds }: RequestRule): Requestable {
  const { told, verbs } = policy
  return {
    policy: id,
    role: told?.role ?? '',
    verbs: [...verbs].sort(),
    dags: [...(told?.dags ?? [])],
    tags: told?.tags ? [...told.tags] : null,
    conditions: (told?.conditions ?? []).map(clipped),
    approvers: [...approvers],
    longestSeconds,
  }
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
