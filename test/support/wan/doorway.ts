import { spawn } from 'node:child_process'
import { connect, type Server } from 'node:net'
import { join } from 'node:path'

export interface Doorway {
  close(): void
}

/**
 * A port inside a network namespace that leads to the same port outside. A socket belongs to the namespace that it
 * was made in, so a helper makes it there and hands it out.
 *
 * @param inside turns a command into one that runs in the namespace
 */
export function openDoorway(
  port: number,
  inside: (command: string, args: readonly string[]) => readonly [string, string[]],
): Promise<Doorway> {
  const helper = spawn(...inside(process.execPath, [join(import.meta.dirname, 'listen.ts'), String(port)]), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    helper.once('error', reject)
    helper.once('exit', (code) => reject(new Error(`no doorway for port ${port}: ${code}`)))
    helper.once('message', (_message, handle) => {
      const server = handle as Server
      server.on('connection', (socket) => {
        const outside = connect(port, '127.0.0.1')
        socket.pipe(outside).pipe(socket)
        socket.on('error', () => outside.destroy())
        outside.on('error', () => socket.destroy())
      })
      resolve({ close: () => server.close() })
    })
  })
}
