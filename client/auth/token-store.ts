import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { TokenStoreKind } from '#shared/ipc/control.ts'

/** Where refresh tokens are kept between two runs. */
export interface TokenStore {
  readonly kind: TokenStoreKind
  /** NO_KEYCHAIN where a keychain was wanted and none is there. */
  readonly problem: JetwayError | null
  get(account: string): Promise<string | null>
  set(account: string, secret: string): Promise<void>
  delete(account: string): Promise<void>
  /** Whether it answers now. @throws JetwayError NO_KEYCHAIN when it does not */
  check(): Promise<void>
}

/** Forgets everything with the process. */
export function memoryStore(problem: JetwayError | null): TokenStore {
  const secrets = new Map<string, string>()
  return {
    kind: 'memory',
    problem,
    get: async (account) => secrets.get(account) ?? null,
    set: async (account, secret) => void secrets.set(account, secret),
    delete: async (account) => void secrets.delete(account),
    async check() {
      if (problem) throw problem
    },
  }
}
