import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { EngineStatus, EnvironmentStatus } from '#shared/ipc/control.ts'
import { showSignIn } from '../browse.ts'
import { describe } from '../describe.ts'
import { type EngineAccess, joinOrStartEngine, startMachineEngine } from '../engine-access.ts'
import { chooseEnvironment } from '../environment-choice.ts'
import { interruption } from '../interruption.ts'
import { type MachineOptions, machineOf } from '../machine-choice.ts'
import type { Output } from '../output.ts'
import type { SignInOptions } from './login.ts'

export interface ConnectOptions extends SignInOptions, MachineOptions {}

/** The engine of whoever connects: a machine has one of its own. */
export async function openEngine(
  options: ConnectOptions,
  output: Output,
  status: (status: EngineStatus) => void = () => {},
): Promise<EngineAccess> {
  const listener = { ...showSignIn(output, options.browser), status }
  const machine = machineOf(options)
  return machine ? startMachineEngine(machine, listener) : joinOrStartEngine(options, listener)
}

/** Connects, says so, and stays until it is interrupted or the connection has ended for good. */
export async function connect(options: ConnectOptions, output: Output): Promise<void> {
  let onStatus: (status: EngineStatus) => void = () => {}
  const access = await openEngine(options, output, (status) => onStatus(status))
  const interrupted = interruption()
  try {
    const { client } = access
    const { name } = await chooseEnvironment(client, options)
    const { tokenStoreProblem } = await client.request('watch', {})
    if (tokenStoreProblem && access.isOwn && options.tokenStore === undefined) {
      output.note(`${tokenStoreProblem.detail}\n${tokenStoreProblem.action}`)
    }
    const begin = () => client.request('connect', { environment: name, device: options.device ?? false })
    const untilEnded = (environment: EnvironmentStatus) => {
      tell(environment, output)
      return new Promise<EnvironmentStatus | null>((resolve) => {
        let shown = shownOf(environment)
        onStatus = (status) => {
          const now = status.environments.find((e) => e.name === name)
          if (!now || shownOf(now) === shown) return
          shown = shownOf(now)
          tell(now, output)
          if (now.state === 'disconnected') resolve(now)
        }
        void client.closed.then(() => resolve(null))
      })
    }
    for (;;) {
      const environment = await Promise.race([begin(), interrupted])
      if (!environment) return
      const last = await Promise.race([untilEnded(environment), interrupted])
      onStatus = () => {}
      if (last === undefined) {
        tell(await client.request('disconnect', { environment: name }), output)
        return
      }
      if (last === null) throw new JetwayError('ENGINE_NOT_RUNNING')
      if (last.lastError === null) return
      // The person is here: one page to sign in at, and it goes on. A machine does not come back where it was ended.
      if (last.lastError.code !== last.stepUp?.code)
        throw JetwayError.fromPeer(last.lastError.code, last.lastError.detail, last.lastError.action)
    }
  } finally {
    await access.close()
  }
}

/** What is worth a line when it changes. */
function shownOf({ state, stepUp }: EnvironmentStatus): string {
  return `${state} ${stepUp?.code}`
}

function tell(environment: EnvironmentStatus, output: Output): void {
  output.say(describe(environment), { event: environment.state, environment })
}
