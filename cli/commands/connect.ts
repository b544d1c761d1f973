import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { EngineStatus, EnvironmentStatus } from '#shared/ipc/control.ts'
import { showSignIn } from '../browse.ts'
import { describe } from '../describe.ts'
import { joinOrStartEngine } from '../engine-access.ts'
import { chooseEnvironment } from '../environment-choice.ts'
import { interruption } from '../interruption.ts'
import type { Output } from '../output.ts'
import type { SignInOptions } from './login.ts'

/** Connects, says so, and stays until it is interrupted or the connection has ended for good. */
export async function connect(options: SignInOptions, output: Output): Promise<void> {
  let onStatus: (status: EngineStatus) => void = () => {}
  const access = await joinOrStartEngine(options, {
    ...showSignIn(output, options.browser),
    status: (status) => onStatus(status),
  })
  const interrupted = interruption()
  try {
    const { client } = access
    const { name } = await chooseEnvironment(client, options)
    const { tokenStoreProblem } = await client.request('watch', {})
    if (tokenStoreProblem && access.isOwn && options.tokenStore === undefined) {
      output.note(`${tokenStoreProblem.detail}\n${tokenStoreProblem.action}`)
    }
    const environment = await Promise.race([client.request('connect', { environment: name }), interrupted])
    if (!environment) return
    tell(environment, output)
    const ended = new Promise<EnvironmentStatus | null>((resolve) => {
      let state = environment.state
      onStatus = (status) => {
        const now = status.environments.find((e) => e.name === name)
        if (!now || now.state === state) return
        state = now.state
        tell(now, output)
        if (state === 'disconnected') resolve(now)
      }
      void client.closed.then(() => resolve(null))
    })
    const last = await Promise.race([ended, interrupted])
    if (last === undefined) {
      onStatus = () => {}
      tell(await client.request('disconnect', { environment: name }), output)
    } else if (last === null) throw new JetwayError('ENGINE_NOT_RUNNING')
    else if (last.lastError) {
      throw JetwayError.fromPeer(last.lastError.code, last.lastError.detail, last.lastError.action)
    }
  } finally {
    await access.close()
  }
}

function tell(environment: EnvironmentStatus, output: Output): void {
  output.say(describe(environment), { event: environment.state, environment })
}
