/** Requests for access: what a person may ask for, what they have asked for, and what waits for their decision. */
import { z } from 'zod'
import { maxReasonChars } from './reason.ts'

const text = z.string().max(1024)
/** ISO 8601. */
const time = z.string().max(32)

/** Something that may be asked for, as the policy's `requests` has it. */
const requestable = z.object({
  /** The policy's id, as in denials, `explain` and the audit log. */
  policy: text,
  role: text,
  /** Verbs of shared/airflow, sorted. */
  verbs: z.array(text),
  dags: z.array(text),
  /** DAGs with one of these tags; null for whatever tags. */
  tags: z.array(text).nullable(),
  /** In words; empty for none. */
  conditions: z.array(text),
  /** The groups whose people decide. */
  approvers: z.array(text),
  longestSeconds: z.int().positive(),
})

const words = z.string().trim().min(1).max(maxReasonChars)

/** What someone says who asks for access. */
export const accessRequestAsk = z.strictObject({
  /** One of those that may be asked for. */
  policy: z.string().min(1).max(1024),
  reason: words,
  seconds: z.int().positive(),
})

/** What someone says who decides on it. */
export const accessRequestDecision = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  note: words.nullable(),
})

const accessRequestStates = ['waiting', 'approved', 'denied', 'ended', 'expired'] as const

export const accessRequest = z.object({
  id: text,
  policy: text,
  role: text,
  dags: z.array(text),
  tags: z.array(text).nullable(),
  /** Who asks. */
  name: text,
  email: text.nullable(),
  reason: z.string().max(maxReasonChars),
  /** For how long, from the decision on. */
  seconds: z.int().positive(),
  /**
   * `ended`: by the one who asked, before or after the decision, or taken back by an approver. `expired`: nobody decided, the
   * time that was given is over, or the policy it was about is not there any more.
   */
  state: z.enum(accessRequestStates),
  askedAt: time,
  /** When nobody will decide any more (waiting), or when the access ends (approved); else null. */
  until: time.nullable(),
  /** Who decided, when, and what they said; null before. */
  decision: z.object({ by: text, at: time, note: z.string().max(maxReasonChars).nullable() }).nullable(),
  /** Who ended it before its time: `name` for the one who asked, else an approver, or who runs the relay; null for nobody. */
  endedBy: text.nullable(),
})

export const accessRequests = z.object({
  requestable: z.array(requestable),
  /** The person's own, newest first: what is not over, and what ended in the last day. */
  mine: z.array(accessRequest),
  /** Of others, oldest first: what this person may decide, and what they approved that still holds. */
  toDecide: z.array(accessRequest),
  /** What there was no room for: how many. */
  omitted: z.int().nonnegative(),
})

export type AccessRequestAsk = z.infer<typeof accessRequestAsk>
export type AccessRequestDecision = z.infer<typeof accessRequestDecision>
export type Requestable = z.infer<typeof requestable>
export type AccessRequest = z.infer<typeof accessRequest>
export type AccessRequests = z.infer<typeof accessRequests>
