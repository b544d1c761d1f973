/** Who acts: a person, a machine, or an agent for a person (RFC 8693 `act`). Every authenticator yields one. */
export interface Principal {
  readonly kind: 'person' | 'machine'
  readonly issuer: string
  readonly subject: string
  /** What Airflow's own audit shows: e-mail, else preferred user name, else subject. */
  readonly name: string
  readonly email: string | null
  readonly groups: readonly string[]
  /** Why the groups are not known; not there where they are. */
  readonly groupsMissing?: GroupsMissing
  /** Seconds since the epoch; null where the provider does not say. */
  readonly authTime: number | null
  /** Seconds since the epoch: nothing of this principal is accepted at or after it. */
  readonly expires: number
  readonly authentication: Authentication
  /** The agent that acts for the subject. */
  readonly act?: { readonly subject: string; readonly client: string }
}

/**
 * `absent`: the provider said nothing of groups, as some do of people who are in none. `too-many`: they were left out because
 * there are too many. `cut`: it gave as many as it gives at most, so there may be more. With the last two nothing is allowed:
 * a group that is not known of may be one that is forbidden something.
 */
export type GroupsMissing = 'absent' | 'too-many' | 'cut'

/** How it was found out who someone is: for those who look at sessions and records, and to end it. */
export interface Authentication {
  /** Where the authenticator stands in the configuration, e.g. `identity.oidc`. */
  readonly by: string
  /** The token's `jti` (RFC 7519 §4.1.7). */
  readonly tokenId: string | null
  /** The provider's session, `sid` (OpenID Connect Front-Channel Logout 1.0 §3). */
  readonly sessionId: string | null
  /** How strongly: `acr` (OpenID Connect Core 1.0 §2). */
  readonly acr: string | null
  /** When the token was issued, in seconds since the epoch; left out where there is none. */
  readonly issuedAt?: number
  /** The relay's own key that it was signed with; left out where it is another's. */
  readonly keyId?: string
  /** The rule that let a machine in, by its name; not there where there are no rules. */
  readonly rule?: string
}

/** Whether both are the same person or machine, acting by themselves or through the same agent. */
export function samePrincipal(a: Principal, b: Principal): boolean {
  return a.issuer === b.issuer && a.subject === b.subject && a.act?.subject === b.act?.subject
}

/** The same text for the same person or machine, acting by itself or through the same agent; no two share one. */
export function principalKey({ issuer, subject, act }: Principal): string {
  return act ? `${issuer}\n${subject}\n${act.subject}` : `${issuer}\n${subject}`
}

/** Whether all groups of someone are known that count; see {@link GroupsMissing}. */
export function knowsGroups({ groupsMissing }: Principal): boolean {
  return groupsMissing !== 'too-many' && groupsMissing !== 'cut'
}
