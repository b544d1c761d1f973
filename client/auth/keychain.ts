import { JetwayError } from '#shared/errors/jetway-error.ts'
import { jetwayHome } from '../home.ts'
import { memoryStore, type TokenStore } from './token-store.ts'

/**
 * The system's keychain: Keychain on macOS, Credential Manager on Windows, the Secret Service on Linux. Where
 * there is none, or it stays locked, memory does, and `problem` says so.
 *
 * @param home of the engine: each has a sign-in of its own, since two that share a refresh token that rotates would be
 *   taken for a thief and a victim
 */
export async function openKeychain(home: string): Promise<TokenStore> {
  const { JETWAY_HOME: _, ...env } = process.env
  const service = home === jetwayHome(env) ? 'Jetway' : `Jetway ${home}`
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
