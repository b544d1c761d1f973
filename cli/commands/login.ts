import { browseWith } from '../browse.ts'
import { joinOrStartEngine, type TokenStoreOptions } from '../engine-access.ts'
import { chooseEnvironment, type EnvironmentOptions } from '../environment-choice.ts'
import type { Output } from '../output.ts'

export interface LoginOptions extends EnvironmentOptions, TokenStoreOptions {
  readonly browser: boolean
}

/** Signs in, and keeps the sign-in for later commands. */
export async function login(options: LoginOptions, output: Output): Promise<void> {
  const access = await joinOrStartEngine(options, { browse: browseWith(output, options.browser) })
  try {
    const { name } = await chooseEnvironment(access.client, options)
    const environment = await access.client.request('signIn', { environment: name })
    const { tokenStore, tokenStoreProblem } = await access.client.request('status', {})
    const who = environment.person?.email ?? environment.person?.name ?? 'someone unknown'
    output.say(`Signed in to ${name} as ${who}.`, { event: 'signed-in', environment, tokenStore })
    if (tokenStore === 'memory' && access.isOwn) {
      if (tokenStoreProblem) output.note(`${tokenStoreProblem.detail}\n${tokenStoreProblem.action}`)
      output.note('It ends with this command. `jetway connect` signs in and stays.')
    }
  } finally {
    await access.close()
  }
}
