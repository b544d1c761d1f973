/**
 * The company's side for integration and end-to-end tests: a real provider, Airflow and relay, started once for all
 * of them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ensureElectron } from '../../build/setup/electron.ts'
import { ensureAirflow, ensureAirflowClient } from '../../build/setup/python.ts'
import { run } from '../../build/setup/run.ts'
import { step } from '../../build/setup/steps.ts'
import { ensureSystemPackages } from '../../build/setup/system-packages.ts'
import { freePort } from '../../demo/free-port.ts'
import { Processes } from '../../demo/processes.ts'
import { startStack } from '../../demo/stack.ts'

export interface Company {
  readonly issuer: string
  readonly airflowUrl: string
  readonly relayUrl: string
  readonly ca: string
  readonly relayConfig: string
  readonly auditLog: string
  readonly relayLog: string
  /** The executable. */
  readonly electron: string
  /** Folder of the programs of apache-airflow-client's venv. */
  readonly airflowClientBin: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    company: Company
  }
}

const root = join(import.meta.dirname, '../..')

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensureSystemPackages(['electron', 'desktop', 'proxy', 'postgres'])
  const airflowBin = await step('Airflow’s Python packages', ensureAirflow)
  const airflowClientBin = await step('apache-airflow-client', ensureAirflowClient)
  const electron = await step('Electron', ensureElectron)
  await step('desktop app: bundles', () =>
    run(process.execPath, [join(root, 'build/desktop.ts'), '--if-changed']),
  )
  const stateDir = await mkdtemp(join(tmpdir(), 'jetway-test-'))
  const processes = new Processes()
  try {
    const stack = await startStack({
      stateDir,
      airflowBin,
      relayPort: await freePort(),
      localPort: await freePort(),
      accessTokenSeconds: 300,
      processes,
    })
    const { close, ...company } = stack
    project.provide('company', { ...company, electron, airflowClientBin })
    return async () => {
      await processes.stopAll()
      await close()
      await rm(stateDir, { recursive: true, force: true })
    }
  } catch (error) {
    await processes.stopAll()
    throw error
  }
}
