import { memoryStore, type TokenStore } from '#client/auth/token-store.ts'
import { WaitingStore } from '#client/auth/waiting-store.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'

export const locked = new JetwayError('NO_KEYCHAIN', { reason: 'locked' })

/** A keychain that is locked until it is told otherwise, and what waits for it; test/desktop has real ones. */
export function lockedKeychain(kept = memoryStore(null)) {
  const state = { isLocked: true, checks: 0, failsAt: '', answered: Promise.resolve() }
  const open = async () => {
    if (state.isLocked) throw new Error('locked')
  }
  const store: TokenStore = {
    ...kept,
    kind: 'keychain',
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
  return { kept, state, waiting: new WaitingStore(store, locked) }
}
