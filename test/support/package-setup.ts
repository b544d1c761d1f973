/** What tests of the package take: packages as releases are made, whose updates come from a feed of the test's own. */
import { generateKeyPairSync } from 'node:crypto'
import { appendFile, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { packageDesktop } from '../../build/package-desktop.ts'
import { run } from '../../build/setup/run.ts'
import { step } from '../../build/setup/steps.ts'
import { ensureSystemPackages } from '../../build/setup/system-packages.ts'
import { freePort } from '../../demo/free-port.ts'

/** Paths of the same app in each format. */
export interface Packages {
  readonly deb: string
  readonly rpm: string
  readonly appImage: string
}

export interface BuiltPackages extends Packages {
  /** The same as the next version. */
  readonly next: Packages
  /** The folder that they are made of. */
  readonly unpacked: string
  /** The feed that was made with them, not signed yet. */
  readonly feed: string
  /** Where it looks for updates, on 127.0.0.1. */
  readonly feedPort: number
  /** PEM of the key that signs them. */
  readonly signingKey: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    packages: BuiltPackages
  }
}

/** The version of `next`. */
export const nextVersion = '99.0.0'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensureSystemPackages(['electron', 'desktop', 'nsis'])
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
    const unpacked = join(folder, 'linux-unpacked')
    const made = await step('packages', () => packageDesktop({ output: folder, kind: 'local' }))
    const packages = packagesIn(made)
    const next = await step('packages of the next version', async () => {
      const output = join(folder, 'next')
      const again = { kind: 'local', version: nextVersion, targets: ['deb', 'rpm'], unpacked } as const
      const files = await packageDesktop({ output, ...again })
      // An AppImage does not say its version; that it is another file is enough.
      const appImage = join(output, `jetway-${nextVersion}-linux-x86_64.AppImage`)
      await copyFile(packages.appImage, appImage)
      await appendFile(appImage, 'next')
      return packagesIn([...files, appImage])
    })
    const feed = join(folder, 'latest-linux.yml')
    project.provide('packages', { ...packages, next, unpacked, feed, feedPort, signingKey })
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  return () => rm(folder, { recursive: true, force: true })
}

function packagesIn(files: readonly string[]): Packages {
  const one = (extension: string) => {
    const file = files.find((path) => path.endsWith(extension))
    if (file === undefined) throw new Error(`no ${extension} was made`)
    return file
  }
  return { deb: one('.deb'), rpm: one('.rpm'), appImage: one('.AppImage') }
}
