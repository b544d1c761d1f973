import { type Keychain, KeychainStore } from '#client/auth/keychain-store.ts'
import { memoryStore } from '#client/auth/token-store.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'

export const locked = new JetwayError('NO_KEYCHAIN', { reason: 'locked' })

/** A keychain that is locked until it is told otherwise, and the store that it is in; test/desktop has real ones. */
export function lockedKeychain(kept = memoryStore(null)) {
  const state = { isLocked: true, checks: 0, failsAt: '', answered: Promise.resolve() }
  const open = async () => {
    if (state.isLocked) throw new Error('locked')
  }
  const keychain: Keychain = {
    get: kept.get,
    async set(account, secret) {
      await open()
      if (account === state.failsAt) throw new Error('locked')
      await kept.set(account, secret)
    },
    async delete(account) {
      await open()
      await kept.delete(account)
    },
    async check() {
      state.checks += 1
      await state.answered
      if (state.isLocked) throw locked
    },
  }
  return { kept, state, store: new KeychainStore(keychain, locked) }
}
