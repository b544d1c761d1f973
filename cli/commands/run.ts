import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ServiceStatus } from '#shared/ipc/control.ts'
import { serviceLabel } from '#shared/ipc/phase.ts'
import { takenWords } from '../describe.ts'
import { chooseEnvironment } from '../environment-choice.ts'
import { machineVariables } from '../machine-choice.ts'
import type { Output } from '../output.ts'
import { type ConnectOptions, openEngine } from './connect.ts'

/**
 * Connects, runs a program that finds the services by JETWAY_AIRFLOW_URL and so on, and disconnects.
 *
 * @returns the program's exit code; as a shell says it where a signal ended it
 */
export async function run(
  command: readonly string[],
  options: ConnectOptions,
  output: Output,
): Promise<number> {
  const access = await openEngine(options, output)
  try {
    const { name } = await chooseEnvironment(access.client, options)
    const environment = await access.client.request('connect', { environment: name })
    const { services } = environment
    for (const service of services) {
      const taken = takenWords(service, environment)
      if (taken) output.note(`${serviceLabel(service)} has no local address: ${taken}`)
    }
    const [program = '', ...args] = command
    const child = spawn(program, args, { stdio: 'inherit', env: environmentOf(services) })
    const pass = (signal: NodeJS.Signals) => void child.kill(signal)
    process.on('SIGINT', pass).on('SIGTERM', pass)
    try {
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
      return code ?? 128 + (signal ? constants.signals[signal] : 0)
    } catch (cause) {
      throw new JetwayError('USAGE', { reason: `${program} cannot be run.` }, { cause })
    } finally {
      process.off('SIGINT', pass).off('SIGTERM', pass)
      await access.client.request('disconnect', { environment: name })
    }
  } finally {
    await access.close()
  }
}

/** The program gets where the services are, and nothing of what says who this is. */
function environmentOf(services: readonly ServiceStatus[]): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const name of machineVariables) delete env[name]
  for (const { name, localUrl } of services) {
    const variable = `JETWAY_${name.toUpperCase().replaceAll('-', '_')}_URL`
    // One that was there before leads elsewhere.
    if (localUrl === null) delete env[variable]
    else env[variable] = localUrl
  }
  return env
}
