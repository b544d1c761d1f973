import { JetwayError } from '#shared/errors/jetway-error.ts'
import { browseWith } from '../browse.ts'
import { joinOrStartEngine, type TokenStoreOptions } from '../engine-access.ts'
import { chooseEnvironment, type EnvironmentOptions } from '../environment-choice.ts'
import type { Output } from '../output.ts'

export interface LoginOptions extends EnvironmentOptions, TokenStoreOptions {
  readonly browser: boolean
  readonly aws?: boolean
  readonly region?: string
}

/** Signs in, and keeps the sign-in for later commands. */
export async function login(options: LoginOptions, output: Output): Promise<void> {
  const access = await joinOrStartEngine(options, { browse: browseWith(output, options.browser) })
  try {
    if (options.region !== undefined && !options.aws)
      throw new JetwayError('USAGE', { reason: '--region goes with --aws.' })
    const { name } = await chooseEnvironment(access.client, options)
    const environment = await access.client.request('signIn', {
      environment: name,
      aws: options.aws ? { region: options.region ?? null } : null,
    })
    const { tokenStore, tokenStoreProblem } = await access.client.request('status', {})
    const who = environment.person?.email ?? environment.person?.name ?? 'someone unknown'
    output.say(`Signed in to ${name} as ${who}.`, { event: 'signed-in', environment, tokenStore })
    // An AWS identity is shown anew by every command: nothing has to be kept.
    if (tokenStore === 'memory' && access.isOwn && !options.aws) {
      if (tokenStoreProblem) output.note(`${tokenStoreProblem.detail}\n${tokenStoreProblem.action}`)
      output.note('It ends with this command. `jetway connect` signs in and stays.')
    }
  } finally {
    await access.close()
  }
}
