import { JetwayError } from '#shared/errors/jetway-error.ts'
import { showSignIn } from '../browse.ts'
import { joinOrStartEngine, type TokenStoreOptions } from '../engine-access.ts'
import { chooseEnvironment, type EnvironmentOptions } from '../environment-choice.ts'
import { interruption } from '../interruption.ts'
import { type MachineOptions, machineOf } from '../machine-choice.ts'
import type { Output } from '../output.ts'

export interface SignInOptions extends EnvironmentOptions, TokenStoreOptions {
  readonly browser: boolean
  /** On another device. */
  readonly device?: boolean
}

interface LoginOptions extends SignInOptions, MachineOptions {
  /** Once more, although the provider knows the person. */
  readonly fresh?: boolean
  readonly aws?: boolean
  readonly region?: string
}

/** Signs in, and keeps the sign-in for later commands. */
export async function login(options: LoginOptions, output: Output): Promise<void> {
  const { device = false, fresh = false } = options
  if (machineOf(options))
    throw new JetwayError('USAGE', {
      reason:
        'A machine’s token or access key signs nobody in, and nothing of it is kept: `jetway whoami` says whether it is let in, `jetway run` and `jetway connect` come in by it.',
    })
  const access = await joinOrStartEngine(options, showSignIn(output, options.browser))
  try {
    const { client } = access
    if (options.region !== undefined && !options.aws)
      throw new JetwayError('USAGE', { reason: '--region goes with --aws.' })
    if (options.aws && (device || fresh))
      throw new JetwayError('USAGE', {
        reason: '--aws signs in nobody: --device and --fresh do not go with it.',
      })
    const { name } = await chooseEnvironment(client, options)
    // The engine may be another one's, and would go on waiting.
    void interruption().then(() => client.request('cancelSignIn', { environment: name }).catch(() => {}))
    const environment = await client.request('signIn', {
      environment: name,
      device,
      fresh,
      aws: options.aws ? { region: options.region ?? null } : null,
    })
    const { tokenStore, tokenStoreProblem } = await client.request('status', {})
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
