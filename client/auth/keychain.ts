import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { jetwayHome } from '../home.ts'
import { type Keychain, KeychainStore } from './keychain-store.ts'
import { memoryStore, type TokenStore } from './token-store.ts'

/**
 * The system's keychain: Keychain on macOS, Credential Manager on Windows, the Secret Service on Linux. Where there is
 * none, memory does, and `problem` says so; while it is locked as well, until `recover` finds it unlocked.
 *
 * @param home of the engine: each has a sign-in of its own, since two that share a refresh token that rotates would be
 *   taken for a thief and a victim
 */
export async function openKeychain(home: string): Promise<TokenStore> {
  const { JETWAY_HOME: _, ...env } = process.env
  const service = home === jetwayHome(env) ? 'Jetway' : `Jetway ${home}`
  let keytar: typeof import('keytar')
  try {
    keytar = (await import('keytar')).default
  } catch (cause) {
    return memoryStore(noKeychain(cause))
  }
  const keychain = keychainOf(keytar, service)
  const problem = await keychain.check().then(() => null, asJetwayError)
  return new KeychainStore(keychain, problem)
}

function keychainOf(keytar: typeof import('keytar'), service: string): Keychain {
  let asking: Promise<void> | null = null
  const check = () => {
    // One at a time: each that waits for a person to unlock it holds a thread.
    asking ??= probe(keytar, service).finally(() => {
      asking = null
    })
    return asking.catch((cause: unknown) => {
      throw noKeychain(cause)
    })
  }
  return {
    check,
    get: (account) => keytar.getPassword(service, account),
    set: (account, secret) => keytar.setPassword(service, account, secret),
    async delete(account) {
      const isDeleted = await keytar.deletePassword(service, account)
      // One that is locked reads as an empty one there.
      if (!isDeleted && process.platform === 'linux') await check()
    },
  }
}

/**
 * Whether someone answers: loading works everywhere. On Linux only writing shows it, with something that is no secret: a
 * keyring that is locked reads as an empty one, and a search in it ends this process (keytar 7.10.6, libsecret 0.20.5).
 */
async function probe(keytar: typeof import('keytar'), service: string): Promise<void> {
  if (process.platform !== 'linux') {
    await keytar.findCredentials(service)
    return
  }
  await keytar.setPassword(service, probeAccount, 'whether this keyring is unlocked')
  await keytar.deletePassword(service, probeAccount)
}

const probeAccount = 'probe'

function noKeychain(cause: unknown): JetwayError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] as string
  return new JetwayError('NO_KEYCHAIN', { reason }, { cause })
}
