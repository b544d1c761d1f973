import type { TokenStore } from '../auth/token-store.ts'
import { type Outcome, ok, warning } from './outcome.ts'

/**
 * Whether sign-ins can be kept.
 *
 * @throws NO_KEYCHAIN
 */
export async function examineKeychain(store: TokenStore): Promise<Outcome> {
  await store.check()
  switch (store.kind) {
    case 'keychain':
      return ok('The keychain answers')
    case 'file':
      return ok('Sign-ins are kept in an encrypted file')
    case 'memory':
      if (store.problem)
        return ok(
          'The keychain answers now',
          'Jetway uses it from the next time that you connect or sign in, and keeps in it what you have signed in to since.',
        )
      return ok('Sign-ins are kept in memory, as was asked for', 'They end with Jetway.')
  }
}

/** A keychain that is locked asks the person, and waits. */
export function keychainWaits(): Outcome {
  return warning(
    'The keychain does not answer',
    'It may wait for you to unlock it.',
    'Unlock the keychain, then look again.',
  )
}
