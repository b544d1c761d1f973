import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { controlConfig } from '#shared/config/control-config.ts'
import { parseYaml } from '#shared/config/yaml.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { askRelay } from '../control/client.ts'
import type { ControlRequest, ControlResults } from '../control/protocol.ts'

/**
 * Asks the relay that runs with the configuration at `configPath`. Of that no more has to be right than where its control
 * socket is: what else is wrong with it is the relay's to say.
 *
 * @throws CONFIG_INVALID, RELAY_NOT_RUNNING, or what the relay answers
 */
export async function askRelayOf<C extends ControlRequest['command']>(
  configPath: string,
  request: Extract<ControlRequest, { command: C }>,
): Promise<ControlResults[C]> {
  return askRelay(socketOf(configPath), request)
}

function socketOf(configPath: string): string {
  const fail = (what: string, cause?: unknown) =>
    new JetwayError('CONFIG_INVALID', { reason: `${configPath} ${what}` }, { cause })
  let text: string
  try {
    text = readFileSync(configPath, 'utf8')
  } catch (cause) {
    throw fail(`cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause)
  }
  const { value } = parseYaml(text)
  const control = controlConfig.safeParse((value as { control?: unknown } | null)?.control ?? {})
  const socket = control.data?.socket
  if (socket === undefined) throw fail('does not say where the control socket is')
  if (socket === null) throw fail('has no control socket (control.socket: null)')
  return resolve(dirname(resolve(configPath)), socket)
}
