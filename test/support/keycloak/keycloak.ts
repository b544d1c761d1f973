import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureKeycloak } from '../../../build/setup/keycloak.ts'
import { freePort } from '../../../demo/free-port.ts'
import { Processes } from '../../../demo/processes.ts'

export interface Keycloak {
  readonly url: string
  stop(): Promise<void>
}

/** Keycloak on a free port of 127.0.0.1, with a database of its own. It is up after some six seconds. */
export async function startKeycloak(): Promise<Keycloak> {
  const installed = await ensureKeycloak()
  const folder = await mkdtemp(join(tmpdir(), 'jetway-keycloak-'))
  // Its script takes the folder that it stands in for Keycloak's own, where the database is.
  for (const part of ['bin', 'data']) await cp(join(installed, part), join(folder, part), { recursive: true })
  for (const part of ['conf', 'lib', 'providers', 'themes', 'version.txt'])
    await symlink(join(installed, part), join(folder, part))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const where = ['--http-enabled=true', '--http-host=127.0.0.1', `--http-port=${port}`, `--hostname=${url}`]
  const processes = new Processes()
  const stop = async () => {
    await processes.stopAll()
    await rm(folder, { recursive: true, force: true })
  }
  let last = ''
  const ready = new Promise<void>((resolve) => {
    processes.start(
      'Keycloak',
      'sh',
      [join(folder, 'bin/kc.sh'), 'start', '--optimized', '--cache=local', ...where],
      {
        env: { ...process.env, JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m' },
        cwd: folder,
        logFile: join(folder, 'keycloak.log'),
        onLine(line) {
          last = line
          if (line.includes('Listening on:')) resolve()
        },
      },
    )
  })
  try {
    await Promise.race([ready, processes.failure])
  } catch (cause) {
    await stop()
    throw new Error(`Keycloak did not start: ${last}`, { cause })
  }
  return { url, stop }
}
