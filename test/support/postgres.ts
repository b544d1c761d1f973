import { once } from 'node:events'
import { globSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { run } from '../../build/setup/run.ts'
import { freePort } from '../../demo/free-port.ts'
import { Children } from './children.ts'

export interface Postgres {
  readonly port: number
  /** Folder of psql, pgbench and the like. */
  readonly bin: string
  /** How many connections it has seen. */
  readonly seen: number
  stop(): Promise<void>
}

/** PostgreSQL refuses to run as root. */
const asPostgres =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  log_connections: 'on',
  fsync: 'off',
}

/** A PostgreSQL of its own, whose superuser `postgres` needs no password. */
export async function startPostgres(): Promise<Postgres> {
  const bin = globSync('/usr/lib/postgresql/*/bin').at(-1) as string
  const folder = await mkdtemp(join(tmpdir(), 'jetway-postgres-'))
  if (asPostgres.length > 0) await run('chown', ['postgres', folder])
  const command = (program: string, ...args: string[]) =>
    [...asPostgres, join(bin, program), '-D', join(folder, 'data'), ...args] as [string, ...string[]]

  const [initdb, ...initdbArgs] = command(
    'initdb',
    '-U',
    'postgres',
    '--auth=trust',
    '--no-sync',
    '--locale=C',
  )
  await run(initdb, initdbArgs, { cwd: folder })
  const port = await freePort()
  const options = Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [postgres, ...postgresArgs] = command('postgres', ...options)
  const children = new Children()
  const child = children.start(postgres, postgresArgs, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let seen = 0
  const lines = createInterface({ input: child.stderr as Readable })
  const ready = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      if (line.includes('connection received')) seen += 1
      if (line.includes('ready to accept connections')) resolve()
    })
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error('PostgreSQL did not start')
  })
  ended.catch(() => {})
  await Promise.race([ready, ended])
  return {
    port,
    bin,
    get seen() {
      return seen
    },
    async stop() {
      await children.stopAll()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
