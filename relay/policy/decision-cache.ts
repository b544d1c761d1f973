import { principalTypeOf, type Question } from './cedar-request.ts'
import type { Decision } from './decision.ts'
import type { Uses } from './uses.ts'

interface Kept {
  readonly decision: Decision
  /** When it was made and until when it holds, in ms since the epoch. */
  readonly since: number
  readonly until: number
}

const maxDecisions = 50_000
/** Names may be as long as the head of a request; so long ones are decided on each time. */
const maxKeyChars = 1024

/**
 * Decisions, by everything that they depend on and no longer than they hold. What depends on a conf is not kept: there
 * are as many as people care to make up.
 */
export class DecisionCache {
  readonly #kept = new Map<string, Kept>()

  /** @param profile stands for the groups */
  get(profile: number, question: Question, uses: Uses, decide: () => Decision): Decision {
    const { context, hasConf } = question
    if (uses.conf && hasConf && context.conf !== null) return decide()
    const key = keyOf(profile, question, uses)
    if (key.length > maxKeyChars) return decide()
    const known = this.#kept.get(key)
    if (known && context.time >= known.since && context.time < known.until) return known.decision
    const decision = decide()
    if (!known && this.#kept.size >= maxDecisions) {
      this.#kept.delete(this.#kept.keys().next().value as string)
    }
    this.#kept.set(key, { decision, since: context.time, until: holdsUntil(question, uses) })
    return decision
  }
}

function keyOf(
  profile: number,
  { mode, principal, verb, minRole, resource, tags, hasConf, context }: Question,
  uses: Uses,
): string {
  const parts: unknown[] = [mode, profile, principalTypeOf(principal), verb, minRole, hasConf]
  if ('service' in resource) parts.push(resource.service, resource.path)
  else {
    const { dag, run, task, name } = resource
    // Which kind of resource it is counts, where not which run or task.
    if (uses.run) parts.push(dag, name, run, task)
    else parts.push(dag, name, run !== null, task !== null)
  }
  if (uses.tags) parts.push(tags)
  if (uses.principal) {
    const { issuer, subject, name, email, act } = principal
    parts.push(issuer, subject, name, email, act?.subject, act?.client)
  }
  if (uses.authAge) parts.push(principal.authTime)
  if (uses.acr) parts.push(principal.authentication.acr)
  if (uses.sourceIp) parts.push(context.sourceIp)
  if (uses.via) parts.push(context.via)
  if (uses.service) parts.push(context.service)
  if (uses.method) parts.push(context.method)
  if (uses.reason) parts.push(context.reason)
  return JSON.stringify(parts)
}

/** The next instant at which it may be another. */
function holdsUntil({ principal, context }: Question, uses: Uses): number {
  const { time } = context
  const next = (unitMs: number) => (Math.floor(time / unitMs) + 1) * unitMs
  const ages = principal.authTime === null ? [] : uses.maxAgesSeconds
  const signedInAt = (principal.authTime ?? 0) * 1000
  const instants = [
    ...uses.boundaries,
    // The age is at most so many whole seconds.
    ...ages.map((seconds) => signedInAt + (seconds + 1) * 1000),
    ...(uses.time ? [next(1000)] : []),
    // Words of a denial say how many minutes it is.
    ...(uses.zones.length > 0 || ages.length > 0 ? [next(60_000)] : []),
  ]
  return Math.min(...instants.filter((instant) => instant > time), Number.POSITIVE_INFINITY)
}
