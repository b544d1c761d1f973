import type { Principal } from './principal.ts'

/** What someone brings to say who they are. */
export interface Credentials {
  /** How the token was presented: as whoever holds it may (RFC 6750), or with a proof of its key (RFC 9449 §7.1). */
  readonly scheme: 'Bearer' | 'DPoP'
  readonly token: string
  /** The DPoP proof; null where none came along. */
  readonly proof: string | null
  /** What the proof has to be for: the method, and the URL as callers know it. */
  readonly method: string
  readonly url: string
}

/** What a token says that was verified. */
export interface VerifiedToken {
  readonly principal: Principal
  /** Thumbprint of the key that it is bound to (`cnf.jkt`, RFC 9449 §6.1); null where whoever holds it may use it. */
  readonly keyThumbprint: string | null
}

/** Who presented a token, and what else that brought to light. */
export interface Authenticated extends VerifiedToken {
  /** For the next proof, where the nonce of this one gets old (RFC 9449 §8.2). */
  readonly nextNonce: string | null
}

/** One way to find out who someone is. A file each. */
export interface Authenticator {
  /** Where it stands in the configuration, e.g. `identity.oidc`. */
  readonly path: string
  /** The `iss` of the tokens that it is for. */
  readonly issuer: string
  /** The issuers of the principals that it yields. */
  readonly speaksFor: readonly string[]
  /** Whether all keys that it needs have been seen. */
  readonly isReady: boolean
  /** Whether the relay is ready without it: its callers are told themselves while its keys cannot be had. */
  readonly mayBeAway?: boolean
  /** Fetches keys where that has not been done. @throws PROVIDER_UNREACHABLE (a retry can help) */
  ready(): Promise<void>
  /**
   * Verifies a token and says who it stands for.
   *
   * @throws UNAUTHENTICATED, TOKEN_EXPIRED; the true reason is the error's cause, for the log only
   * @throws PROVIDER_UNREACHABLE when keys cannot be had (a retry can help)
   */
  authenticate(token: string): Promise<VerifiedToken>
  /**
   * Whether its configuration still makes of someone what it, or the one before it, has made of them. Where it is not there,
   * it makes nothing of them: all stands in the token.
   */
  stillKnows?(principal: Principal): boolean
  /** Goes on with the keys that another one has. @returns false when that has none, or is of another issuer */
  takeKeys(from: Authenticator): boolean
}
