/** What tests of the package take: a .deb as releases are made, whose updates come from a feed of the test's own. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { version } from '#shared/version.ts'
import { buildDeb } from '../../build/deb.ts'
import { packageDesktop } from '../../build/package-desktop.ts'
import { run } from '../../build/setup/run.ts'
import { step } from '../../build/setup/steps.ts'
import { ensureSystemPackages } from '../../build/setup/system-packages.ts'
import { freePort } from '../../demo/free-port.ts'

export interface BuiltPackage {
  readonly deb: string
  /** The same as the next version. */
  readonly nextDeb: string
  /** Where it looks for updates, on 127.0.0.1. */
  readonly feedPort: number
  /** PEM of the key that signs them. */
  readonly signingKey: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    package: BuiltPackage
  }
}

/** The version of `nextDeb`. */
export const nextVersion = '99.0.0'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensureSystemPackages(['electron', 'desktop'])
  const folder = await mkdtemp(join(tmpdir(), 'jetway-package-'))
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const [publicFile, signingKey] = [join(folder, 'update.pub'), join(folder, 'update.key')]
  await writeFile(publicFile, publicKey.export({ type: 'spki', format: 'pem' }))
  await writeFile(signingKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const feedPort = await freePort()
  process.env.JETWAY_UPDATE_KEY = publicFile
  process.env.JETWAY_UPDATE_URL = `http://127.0.0.1:${feedPort}`
  try {
    await step('bundles', () => run(process.execPath, [join(import.meta.dirname, '../../build/desktop.ts')]))
    const unpacked = await step('package: folder', () => packageDesktop({ output: folder, dirOnly: true }))
    const [deb, nextDeb] = [
      await step('package: deb', () => buildDeb(unpacked, version, folder)),
      await step('package: deb of the next version', () => buildDeb(unpacked, nextVersion, folder)),
    ]
    project.provide('package', { deb, nextDeb, feedPort, signingKey })
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  return () => rm(folder, { recursive: true, force: true })
}
