import { withinMs } from '../auth/provider.ts'
import type { TokenStore } from '../auth/token-store.ts'
import type { Environment } from './environment.ts'

/** So long someone who wants to connect waits for a keychain, which may ask them to unlock it. */
const patienceMs = 10_000

/**
 * A keychain that did not answer may do so by now: then the sign-ins in it count again. One that takes longer is taken up
 * while the caller goes on.
 *
 * @param environments that there are when it answers
 */
export async function recoverSignIns(
  store: TokenStore,
  environments: () => Iterable<Pick<Environment, 'restoreSignIn'>>,
): Promise<void> {
  const recover = async () => {
    if (!(await store.recover())) return
    await Promise.all([...environments()].map((environment) => environment.restoreSignIn()))
  }
  await withinMs(patienceMs, recover())
}
