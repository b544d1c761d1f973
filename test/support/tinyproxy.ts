import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Processes } from '../../demo/processes.ts'
import { eventually } from './eventually.ts'

/** tinyproxy, as a company might run it: CONNECT, with a user and a password where they are given. */
export interface Tinyproxy {
  /** What it has logged so far. */
  readonly log: string
  stop(): Promise<void>
}

/** @param folder for its configuration; where there is a user, anyone without `user:password` is sent away */
export async function startTinyproxy(o: {
  folder: string
  port: number
  user?: string
  password?: string
}): Promise<Tinyproxy> {
  const config = join(o.folder, 'tinyproxy.conf')
  const lines = [
    `Port ${o.port}`,
    'Listen 127.0.0.1',
    'LogLevel Connect',
    'MaxClients 20',
    'Allow 127.0.0.1',
    ...(o.user === undefined ? [] : [`BasicAuth ${o.user} ${o.password}`]),
  ]
  await writeFile(config, `${lines.join('\n')}\n`)
  const processes = new Processes()
  let log = ''
  processes.start('tinyproxy', 'tinyproxy', ['-d', '-c', config], {
    logFile: join(o.folder, 'tinyproxy.err'),
    onLine: (line) => {
      log += `${line}\n`
    },
  })
  const listening = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(o.port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  await Promise.race([eventually('tinyproxy listens', listening), processes.failure])
  return {
    get log() {
      return log
    },
    stop: () => processes.stopAll(),
  }
}
