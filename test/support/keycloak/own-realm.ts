import { inject } from 'vitest'
import { addRealm, type Realm } from './realms.ts'

/**
 * A realm of the caller's own in the Keycloak of all integration tests: people, machine and clients of `realm.ts`. Whoever
 * asks first waits until it has started: ten seconds, or a minute and more where much else runs.
 */
export async function ownRealm(): Promise<Realm> {
  const response = await fetch(inject('keycloak'))
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return addRealm(text)
}
