import type { AccessKeys } from './access-key.ts'
import type { AccessRequests } from './access-request.ts'
import type { SessionRegistry } from './registered-session.ts'
import type { Revocations } from './revocation.ts'

/**
 * What a relay has to remember besides its configuration and its audit log. Every member is one small table; what must
 * happen once, happens in one transaction. Times are seconds since the epoch and come from the caller, so that all
 * replicas of a relay and all tests agree on them.
 *
 * Calls reject with STATE_UNAVAILABLE when the store cannot be read or written (a retry can help); whoever decides on it
 * then denies.
 */
export interface State {
  readonly revocations: Revocations
  readonly usedIds: UsedIds
  readonly budgets: Budgets
  readonly approvals: Approvals
  readonly sessions: SessionRegistry
  readonly signIns: SignIns
  readonly accessKeys: AccessKeys
  readonly accessRequests: AccessRequests
  /** Calls back soon after another process has changed something. @returns how to end it */
  watch(onChange: () => void): () => void
  close(): Promise<void>
}

/** Who made an entry: a name as the audit log shows it. */
type Name = string

/** Ids that count once: a token's `jti`, a nonce, an assertion. */
interface UsedIds {
  /**
   * @param expires from when on the id would be refused anyway, so that it need not be remembered
   * @returns true the first time
   */
  use(
    kind: 'jti' | 'nonce' | 'assertion' | 'saml-request',
    id: string,
    expires: number,
    now: number,
  ): Promise<boolean>
  /** Whether it was used, for what counts only once it has been acted upon. */
  isUsed(kind: Parameters<UsedIds['use']>[0], id: string, now: number): Promise<boolean>
}

/** How much was taken in a window of time. */
interface Budgets {
  /**
   * Takes `amount` whole or not at all.
   *
   * @returns whether it was taken, and what is left in this window
   */
  spend(
    key: string,
    amount: number,
    budget: { readonly limit: number; readonly windowSeconds: number },
    now: number,
  ): Promise<{ readonly spent: boolean; readonly left: number; readonly resetsAt: number }>
}

export interface Approval {
  readonly id: string
  /** Of the arguments: what was approved is exactly this. */
  readonly digest: string
  readonly requester: Name
  /** In words, for the one who decides. */
  readonly what: string
  readonly requestedAt: number
  readonly expires: number
  readonly status: 'pending' | 'approved' | 'denied' | 'used'
  readonly decidedBy: Name | null
}

/** Second opinions, bound to the digest of what is to be done. */
interface Approvals {
  request(o: Pick<Approval, 'digest' | 'requester' | 'what' | 'expires'>, now: number): Promise<Approval>
  /** @returns false for one's own request, one that is decided already, and one that has expired */
  decide(id: string, by: Name, approve: boolean, now: number): Promise<boolean>
  /** @returns true once, for an approved request of this digest that has not expired */
  use(id: string, digest: string, now: number): Promise<boolean>
  find(id: string): Promise<Approval | null>
  pending(now: number): Promise<readonly Approval[]>
}

/** A sign-in that the relay itself keeps: what a code, and every refresh token after it, stands for. */
export interface SignIn {
  /** Also the `sid` of its tokens. */
  readonly id: string
  readonly issuer: string
  readonly subject: string
  /** The provider's name of it: SAML's SessionIndex. */
  readonly providerSession: string | null
  /** What belongs to it, JSON. */
  readonly data: string
  /** Thumbprint of the key that its refresh tokens are bound to; null where they are not, or there is none yet. */
  readonly keyThumbprint: string | null
  readonly expires: number
}

/** Secrets are kept as digests. What has ended gives nothing more; whoever sees a secret twice has to end what it is of. */
interface SignIns {
  /** @param codeExpires when the code, by which its tokens are fetched once, is good no more */
  add(signIn: Omit<SignIn, 'keyThumbprint'>, code: string, codeExpires: number, now: number): Promise<void>
  /** Whose code it is, and whether it was used before; null where it is nobody's any more. */
  ofCode(code: string, now: number): Promise<{ readonly signIn: SignIn; readonly used: boolean } | null>
  /** Puts the first refresh token in the place of the code. @returns true for one of all who try, and once */
  spendCode(code: string, refreshToken: string, keyThumbprint: string | null, now: number): Promise<boolean>
  find(id: string, now: number): Promise<SignIn | null>
  /** Also one that was ended, until it would have been over anyway. */
  recall(id: string, now: number): Promise<SignIn | null>
  /** Puts `next` in the place of `present`. @returns false where `present` is not its refresh token, or not any more */
  rotate(id: string, present: string, next: string, now: number): Promise<boolean>
  /** Ends one, or all of a subject, or of a session of the provider's. @returns those that had not ended */
  end(
    which:
      | { readonly id: string }
      | { readonly issuer: string; readonly subject: string; readonly providerSession: string | null },
    now: number,
  ): Promise<readonly SignIn[]>
}
