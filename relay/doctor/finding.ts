/** What was looked at, and what of it. */
export interface Finding {
  /** Where it stands in the configuration, e.g. `identity.oidc`; `token` for a token that was given. */
  readonly about: string
  /** One word for what was looked at, e.g. `issuer`. */
  readonly check: string
  /** `note`: something that is not there, and that not everyone needs. */
  readonly level: 'ok' | 'note' | 'warning' | 'fault'
  readonly what: string
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null
}

/** Says what was found about one thing. */
export type Say = (level: Finding['level'], check: string, what: string, remedy?: string) => void

/** Collects what is said about one thing. */
export function findings(about: string): { readonly found: readonly Finding[]; readonly say: Say } {
  const found: Finding[] = []
  return {
    found,
    say: (level, check, what, remedy) => found.push({ about, check, level, what, remedy: remedy ?? null }),
  }
}

const maxShownChars = 200

/** Something of a peer's as it may be shown: in quotes, without control characters, not long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  const printable = text.replace(/\p{C}/gu, '?')
  return printable.length > maxShownChars ? `${printable.slice(0, maxShownChars)}…` : printable
}

/** The innermost reason, which names a status or a code. */
export function reasonOf(error: Error): string {
  const { cause } = error
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return reasonOf(cause.errors[0])
  if (cause instanceof Error) return reasonOf(cause)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
