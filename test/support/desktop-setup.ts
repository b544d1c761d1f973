/** What tests of the window take: Electron and the app's bundles, and nothing else. */
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ensureElectron } from '../../build/setup/electron.ts'
import { run } from '../../build/setup/run.ts'
import { step } from '../../build/setup/steps.ts'
import { ensureSystemPackages } from '../../build/setup/system-packages.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The executable. */
    electron: string
  }
}

export default async function setup(project: TestProject): Promise<void> {
  await ensureSystemPackages(['electron', 'desktop'])
  project.provide('electron', await step('Electron', ensureElectron))
  const build = join(import.meta.dirname, '../../build/desktop.ts')
  await step('desktop app: bundles', () => run(process.execPath, [build, '--if-changed']))
}
