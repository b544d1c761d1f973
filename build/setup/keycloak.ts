import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { once } from './cache.ts'
import { run } from './run.ts'
import { ensureSystemPackages } from './system-packages.ts'

const version = '26.7.3'
const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:zip`
const sha256 = '27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f'
const oldestJava = 17

/** Who may do anything in a Keycloak of the tests. It listens on this machine only and knows nobody but its test people. */
export const keycloakAdmin = { username: 'admin', password: 'admin' } as const

/**
 * Keycloak from Maven Central, held against its hash, made ready to start: with a database that has its tables and
 * its administrator.
 *
 * @returns its folder, which nothing may be written to: others use it too
 */
export async function ensureKeycloak(): Promise<string> {
  await ensureJava()
  return once(`keycloak-${version}`, async (folder) => {
    const name = `keycloak-${version}`
    const zip = join(folder, `keycloak-quarkus-dist-${version}.zip`)
    await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`])
    const hash = createHash('sha256')
    await pipeline(createReadStream(zip), hash)
    if (hash.digest('hex') !== sha256) throw new Error(`${artifact} is not what it was`)
    await run('unzip', ['-q', zip, '-d', folder])
    await rm(zip)
    for (const part of ['bin', 'conf', 'lib', 'providers', 'themes', 'version.txt'])
      await rename(join(folder, name, part), join(folder, part))
    await rm(join(folder, name), { recursive: true })
    const command = join(folder, 'bin/kc.sh')
    await run('sh', [command, 'build', '--db=dev-file', '--health-enabled=false'])
    const { username, password } = keycloakAdmin
    const admin = ['bootstrap-admin', 'user', '--username', username, '--password:env', 'PASSWORD']
    await run('sh', [command, ...admin, '--optimized'], { env: { ...process.env, PASSWORD: password } })
  })
}

/** Java 17 or newer, Maven and unzip, installed where one of them is missing. */
async function ensureJava(): Promise<void> {
  if (await isThere()) return
  await ensureSystemPackages(['java'])
  if (!(await isThere())) throw new Error(`Java ${oldestJava} or newer, mvn and unzip are needed.`)
}

async function isThere(): Promise<boolean> {
  try {
    await Promise.all([run('mvn', ['--version']), run('unzip', ['-v'])])
    const [, major] = /^\S+ (\d+)/.exec(await run('java', ['--version'])) ?? []
    return Number(major) >= oldestJava
  } catch {
    return false
  }
}
