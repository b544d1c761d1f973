/** What is known of an access key; the key itself is not. Times are seconds since the epoch. */
export interface AccessKey {
  readonly id: string
  /** What it is for, as the audit log shows it. */
  readonly name: string
  readonly groups: readonly string[]
  /** Addresses and networks that it may be used from; empty for any. */
  readonly networks: readonly string[]
  /** Who made it. */
  readonly madeBy: string
  readonly at: number
  readonly expires: number
  readonly revokedAt: number | null
  /** When, and from which address, it was used last. */
  readonly usedAt: number | null
  readonly usedFrom: string | null
}

/** Access keys that were made. */
export interface AccessKeys {
  /** @param hash what whoever brings the key is held against */
  add(key: Omit<AccessKey, 'revokedAt' | 'usedAt' | 'usedFrom'>, hash: Uint8Array): Promise<void>
  find(id: string): Promise<{ readonly key: AccessKey; readonly hash: Uint8Array } | null>
  used(id: string, from: string, now: number): Promise<void>
  /** @returns whether there was one to revoke */
  revoke(id: string, now: number): Promise<boolean>
  /** All that there ever were, oldest first. */
  list(): Promise<readonly AccessKey[]>
}
