import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../demo/free-port.ts'
import { connectHeadless } from '../../demo/headless.ts'
import { Processes } from '../../demo/processes.ts'
import type { Company } from './company.ts'

export interface CliClient {
  /** Airflow's local address. */
  readonly airflow: string
  readonly port: number
  /** JETWAY_HOME of its engine. */
  readonly home: string
  close(): Promise<void>
}

/** `jetway connect` as a process of its own, signed in as `user`. */
export async function connectAs(company: Company, user: string): Promise<CliClient> {
  const stateDir = await mkdtemp(join(tmpdir(), 'jetway-client-'))
  const processes = new Processes()
  const close = async () => {
    await processes.stopAll()
    await rm(stateDir, { recursive: true, force: true })
  }
  try {
    const port = await freePort()
    const airflow = await connectHeadless({ stack: company, stateDir, user, port, processes })
    return { airflow, port, home: join(stateDir, 'client'), close }
  } catch (error) {
    await close()
    throw error
  }
}
