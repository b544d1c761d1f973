import { joinOrStartEngine, type TokenStoreOptions } from '../engine-access.ts'
import { pickEnvironment } from '../environment-choice.ts'
import type { Output } from '../output.ts'

/** Forgets the sign-in here and revokes it at the provider, where that can be done. */
export async function logout(options: TokenStoreOptions & { env?: string }, output: Output): Promise<void> {
  const access = await joinOrStartEngine(options)
  try {
    const { name } = pickEnvironment(await access.client.request('status', {}), options.env)
    const environment = await access.client.request('signOut', { environment: name })
    output.say(`Signed out of ${name}.`, { event: 'signed-out', environment })
  } finally {
    await access.close()
  }
}
