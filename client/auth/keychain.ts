import { JetwayError } from '#shared/errors/jetway-error.ts'
import { memoryStore, type TokenStore } from './token-store.ts'

const service = 'Jetway'

/**
 * The system's keychain: Keychain on macOS, Credential Manager on Windows, the Secret Service on Linux. Where
 * there is none, or it stays locked, memory does, and `problem` says so.
 */
export async function openKeychain(): Promise<TokenStore> {
  try {
    const { default: keytar } = await import('keytar')
    // Loading works everywhere; only a question shows whether someone answers.
    await keytar.findCredentials(service)
    return {
      kind: 'keychain',
      problem: null,
      get: (account) => keytar.getPassword(service, account),
      set: (account, secret) => keytar.setPassword(service, account, secret),
      delete: async (account) => void (await keytar.deletePassword(service, account)),
    }
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] as string
    return memoryStore(new JetwayError('NO_KEYCHAIN', { reason }, { cause }))
  }
}
