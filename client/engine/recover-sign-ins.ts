import { withinMs } from '../auth/provider.ts'
import type { TokenStore } from '../auth/token-store.ts'
import type { Environment } from './environment.ts'

const defaultPatienceMs = 10_000

/**
 * A keychain that did not answer may do so by now: then the sign-ins in it count again. One that takes longer is taken up
 * while the caller goes on.
 *
 * @param environments that there are when it answers
 * @param patienceMs so long the caller waits: it may ask the person to unlock it
 */
export async function recoverSignIns(
  store: TokenStore,
  environments: () => Iterable<Pick<Environment, 'restoreSignIn'>>,
  patienceMs = defaultPatienceMs,
): Promise<void> {
  const recover = async () => {
    if (!(await store.recover())) return
    await Promise.all([...environments()].map((environment) => environment.restoreSignIn()))
  }
  await withinMs(patienceMs, recover())
}
