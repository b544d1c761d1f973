/** What somebody is kept out by. Times are seconds since the epoch. */
export interface Revocation {
  readonly id: string
  /**
   * What `who` is:
   *
   * - `person`: an e-mail address, a name as the audit log shows it, or a subject; in any case of letters
   * - `session`: a session of the relay, or one of the provider's (`sid`, OpenID Connect Front-Channel Logout 1.0 §3)
   * - `token`: an access token's `jti` (RFC 7519 §4.1.7)
   * - `sign-in`: one sign-in of a subject; see {@link signInName}
   * - `everyone`: nobody in particular; `who` is `*`
   */
  readonly kind: 'person' | 'session' | 'token' | 'sign-in' | 'everyone'
  readonly who: string
  /** The issuer of those who are meant; null for every one. */
  readonly issuer: string | null
  /**
   * - `revoked`: shut out, however they sign in
   * - `ended`: what they signed in to at `at` or before is over; who signs in afterwards is let in
   */
  readonly effect: 'revoked' | 'ended'
  readonly reason: string
  /** Who made it: a name as the audit log shows it, or an issuer that sent an event. */
  readonly by: string
  readonly at: number
  /** From when on it need not be remembered; null: it holds until it is lifted. */
  readonly until: number | null
}

/** Something that was done about someone's access, to be put into the audit log. */
export interface RevocationChange {
  readonly change: 'made' | 'lifted'
  readonly revocation: Revocation
  /** Who did it, and when. */
  readonly by: string
  readonly at: number
}

/** Whose access has been taken away. */
export interface Revocations {
  /** Adds one. What it makes superfluous is forgotten: an end of the same that was earlier, and all that is over. */
  add(revocation: Omit<Revocation, 'id'>): Promise<Revocation>
  /**
   * Lifts all that name `who`.
   *
   * @param what.kind of this kind only
   * @param what.effect only those that do this
   * @param what.madeBy only those that this one made
   * @returns how many were lifted
   */
  lift(
    what: {
      readonly who: string
      readonly kind?: Revocation['kind']
      readonly effect?: Revocation['effect']
      readonly madeBy?: string
    },
    lifted: { readonly by: string; readonly at: number },
  ): Promise<number>
  /** Oldest first. */
  active(now: number): Promise<readonly Revocation[]>
  /** What has not been said to be {@link recorded}, in the order in which it was done. */
  unrecorded(): Promise<readonly RevocationChange[]>
  /** It is in an audit log. */
  recorded(change: RevocationChange): Promise<void>
}

/** The name of a sign-in: the same for every token that comes of it, and of its refresh tokens (RFC 9068 §2.2.1). */
export function signInName(subject: string, authTime: number): string {
  return `${subject} ${authTime}`
}
