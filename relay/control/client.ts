import { connect } from 'node:net'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { readLines } from '#shared/ipc/lines.ts'
import type { ControlAnswer, ControlRequest, ControlResults } from './protocol.ts'

/**
 * Asks the relay that listens at `path`.
 *
 * @throws RELAY_NOT_RUNNING, or what the relay answers
 */
export function askRelay<C extends ControlRequest['command']>(
  path: string,
  request: Extract<ControlRequest, { command: C }>,
): Promise<ControlResults[C]> {
  return new Promise((resolve, reject) => {
    const failed = (reason: string, cause?: unknown) =>
      reject(new JetwayError('RELAY_NOT_RUNNING', { socket: path, reason }, { cause }))
    const socket = connect(path, () => socket.write(`${JSON.stringify(request)}\n`))
    socket.once('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message, error))
    socket.once('close', () => failed('it went away without an answer'))
    readLines(socket, (line) => {
      const answer = JSON.parse(line) as ControlAnswer
      if ('error' in answer) {
        const { code, detail, action } = answer.error
        reject(JetwayError.fromPeer(code, detail, action))
      } else {
        resolve(answer.result as ControlResults[C])
      }
      socket.destroy()
    })
  })
}
