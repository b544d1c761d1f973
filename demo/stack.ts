import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { step } from '../build/setup/steps.ts'
import { airflowSettings, makeAirflowKeys } from '../relay/upstream/airflow-keys.ts'
import { startAirflow } from './airflow.ts'
import { makeCertificate } from './certificate.ts'
import { freePort } from './free-port.ts'
import type { Processes } from './processes.ts'
import { startProvider } from './provider/provider.ts'
import { writeRelayConfig } from './relay-config.ts'

/** Everything on the company's side: provider, Airflow, relay. */
export interface Stack {
  readonly issuer: string
  readonly airflowUrl: string
  readonly relayUrl: string
  /** PEM file of the authority that signed the relay's certificate. */
  readonly ca: string
  readonly relayConfig: string
  readonly auditLog: string
  readonly relayLog: string
  /** Closes what runs in this process; the rest is stopped with `processes`. */
  close(): Promise<void>
}

const root = join(import.meta.dirname, '..')

/**
 * @param airflowBin the folder of Airflow's programs
 * @param relayPort 0 for any free one
 * @param localPort what the relay proposes to clients
 * @param accessTokenSeconds how long the provider's access tokens are good
 */
export async function startStack(o: {
  stateDir: string
  airflowBin: string
  relayPort: number
  localPort: number
  accessTokenSeconds: number
  processes: Processes
}): Promise<Stack> {
  const folder = join(o.stateDir, 'relay')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const { name, content, mode } of makeAirflowKeys())
    await writeFile(join(folder, name), content, { mode })
  const certificate = await makeCertificate(folder)
  const provider = await step('OpenID provider', () =>
    startProvider({ port: 0, accessTokenSeconds: o.accessTokenSeconds }),
  )
  const airflow = await step('Airflow 3.3.2: api-server, scheduler, dag-processor', () =>
    startAirflow({
      bin: o.airflowBin,
      home: join(o.stateDir, 'airflow'),
      settings: airflowSettings(join(folder, 'jwks.json'), join(folder, 'airflow.pem')),
      processes: o.processes,
    }),
  )
  const relayPort = await freePort(o.relayPort)
  const auditLog = join(o.stateDir, 'audit.jsonl')
  const relayLog = join(folder, 'relay.log')
  const relayConfig = await writeRelayConfig({
    folder,
    relayPort,
    localPort: o.localPort,
    airflow: airflow.url,
    issuer: provider.issuer,
    certificate,
    auditFile: auditLog,
  })
  await step('relay', () => startRelay(o.processes, relayConfig, relayLog))
  return {
    issuer: provider.issuer,
    airflowUrl: airflow.url,
    relayUrl: `https://localhost:${relayPort}`,
    ca: certificate.ca,
    relayConfig,
    auditLog,
    relayLog,
    close: () => provider.close(),
  }
}

function startRelay(processes: Processes, config: string, logFile: string): Promise<void> {
  const log = createWriteStream(logFile, { flags: 'a' })
  return new Promise((resolve, reject) => {
    processes.failure.catch(reject)
    const args = [...nodeFlags, join(root, 'relay/main.ts'), 'serve', '--config', config]
    processes.start('relay', process.execPath, args, {
      logFile,
      onLine: (line) => {
        log.write(`${line}\n`)
        if (line.includes('"msg":"listening"')) resolve()
      },
    })
  })
}

/** As in the first line of relay/main.ts and cli/main.ts. */
export const nodeFlags = ['--initial-old-space-size=256']
