/** Who asked or decided, as they were known then. */
export interface Asker {
  readonly issuer: string
  readonly subject: string
  /** As the audit log shows it. */
  readonly name: string
  readonly email: string | null
}

/** A request of a person's for access for a while. Times are seconds since the epoch. */
export interface AccessRequest {
  readonly id: string
  readonly asker: Asker
  /** The id of the rule's policy, and the digest of the rule as it was: it is about exactly that. */
  readonly policy: string
  readonly digest: string
  /** As the rule had it. */
  readonly role: string
  readonly dags: readonly string[]
  readonly tags: readonly string[] | null
  readonly reason: string
  /** For how long, from the decision on. */
  readonly seconds: number
  readonly askedAt: number
  /** Nobody may decide at or after it. */
  readonly expires: number
  readonly decision: {
    readonly approved: boolean
    readonly by: Asker
    readonly at: number
    readonly note: string | null
  } | null
  /** When it was withdrawn, given back or taken back, and by whom. */
  readonly ended: { readonly by: Asker; readonly at: number } | null
}

/** Requests for access. What must happen once happens for one of all who try. */
export interface AccessRequests {
  /**
   * Adds one that nobody has decided on.
   *
   * @param most.waiting so many of the same person may wait
   * @param most.asked so many may they have asked for since `most.since`
   * @returns false where they have as many already
   */
  add(
    request: Omit<AccessRequest, 'decision' | 'ended'>,
    most: { readonly waiting: number; readonly asked: number; readonly since: number },
  ): Promise<boolean>
  /** @returns false where it does not wait any more */
  decide(id: string, decision: NonNullable<AccessRequest['decision']>): Promise<boolean>
  /** @returns false where it is over already */
  end(id: string, ended: NonNullable<AccessRequest['ended']>): Promise<boolean>
  /** Those that were not over at `since`, oldest first. */
  list(since: number): Promise<readonly AccessRequest[]>
  /** Forgets those that were over before. */
  forget(before: number): Promise<void>
}

/** When it was over, or will be by itself. */
export function overAt({ decision, ended, expires, seconds }: AccessRequest): number {
  if (ended !== null) return ended.at
  if (decision === null) return expires
  return decision.approved ? decision.at + seconds : decision.at
}
