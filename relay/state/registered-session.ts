/** A client that is connected somewhere. Times are seconds since the epoch. */
export interface RegisteredSession {
  readonly id: string
  /** The replica that has it. */
  readonly relay: string
  readonly issuer: string
  readonly subject: string
  /** As the audit log shows it. */
  readonly name: string
  readonly address: string
  readonly client: string
  /** Where the authenticator stands in the configuration, e.g. `identity.oidc`. */
  readonly authenticatedBy: string
  /** How strongly (`acr`); null where the provider does not say. */
  readonly acr: string | null
  /** Of the key that its tokens are bound to (RFC 9449 §6.1); null for bearer tokens. */
  readonly keyThumbprint: string | null
  /** The provider's session (`sid`); null where it names none. */
  readonly providerSession: string | null
  /** When they signed in; null where the provider does not say. */
  readonly signedInAt: number | null
  readonly startedAt: number
  /** The last sign of life of its replica. */
  readonly seenAt: number
  /** When bytes of a stream last went either way. */
  readonly activeAt: number
  /** Bytes of the session so far, as its client sent and was sent them. */
  readonly bytesReceived: number
  readonly bytesSent: number
}

export type SessionActivity = Pick<RegisteredSession, 'id' | 'activeAt' | 'bytesReceived' | 'bytesSent'>

/** Who is connected, at all replicas. */
export interface SessionRegistry {
  put(session: RegisteredSession): Promise<void>
  remove(id: string): Promise<void>
  /** Sets `seenAt` of all sessions of a replica, and what has changed of those that did something. */
  seen(relay: string, now: number, active: readonly SessionActivity[]): Promise<void>
  /** Oldest first; those of replicas that have been silent since `after` are forgotten. */
  list(after: number): Promise<readonly RegisteredSession[]>
}
