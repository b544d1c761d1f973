import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { TokenStoreKind } from '#shared/ipc/control.ts'

/** Where refresh tokens are kept between two runs. */
export interface TokenStore {
  readonly kind: TokenStoreKind
  /** NO_KEYCHAIN where a keychain was wanted and none answers. */
  readonly problem: JetwayError | null
  get(account: string): Promise<string | null>
  set(account: string, secret: string): Promise<void>
  delete(account: string): Promise<void>
  /** Whether it answers now. @throws JetwayError NO_KEYCHAIN when it does not */
  check(): Promise<void>
  /**
   * Takes up a keychain that did not answer, with what was kept since. It may ask the person, and wait.
   *
   * @returns whether it has; false where there is nothing to take up, and where it still does not answer
   */
  recover(): Promise<boolean>
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
    recover: async () => false,
  }
}
