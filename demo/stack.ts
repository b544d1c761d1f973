import type { ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { step } from '../build/setup/steps.ts'
import { makeAuditKey } from '../relay/audit/audit-key.ts'
import { airflowSettings, makeAirflowKeys } from '../relay/upstream/airflow-keys.ts'
import { startAirflow } from './airflow.ts'
import { makeCertificate } from './certificate.ts'
import { freePort } from './free-port.ts'
import type { Processes } from './processes.ts'
import { startProvider } from './provider/provider.ts'
import { auditOrigin, writeRelayConfig } from './relay-config.ts'

/** The relay and what belongs to it. */
export interface DemoRelay {
  readonly relayUrl: string
  /** PEM file of the authority that signed the relay's certificate. */
  readonly ca: string
  readonly relayConfig: string
  readonly auditLog: string
  readonly relayLog: string
}

/** Everything on the company's side: provider, Airflow, relay. */
export interface Stack extends DemoRelay {
  readonly issuer: string
  readonly airflowUrl: string
  /** Closes what runs in this process; the rest is stopped with `processes`. */
  close(): Promise<void>
}

const root = join(import.meta.dirname, '..')

/** As in the first line of relay/main.ts and cli/main.ts. */
export const nodeFlags = ['--max-semi-space-size=2']

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
  const keys = await writeKeys(o.stateDir)
  const provider = await step('OpenID provider', () =>
    startProvider({ port: 0, accessTokenSeconds: o.accessTokenSeconds }),
  )
  const airflow = await step('Airflow 3.3.2: api-server, scheduler, dag-processor', () =>
    startAirflow({
      bin: o.airflowBin,
      home: join(o.stateDir, 'airflow'),
      settings: airflowSettings(join(keys, 'jwks.json'), join(keys, 'airflow.pem')),
      processes: o.processes,
    }),
  )
  const relay = await step('relay', () =>
    startRelay({ ...o, folder: keys, airflowUrl: airflow.url, issuer: provider.issuer }),
  )
  return { ...relay, issuer: provider.issuer, airflowUrl: airflow.url, close: () => provider.close() }
}

/** The keys by which relay and Airflow know each other, and by which the audit log is signed. @returns the folder */
export async function writeKeys(stateDir: string): Promise<string> {
  const folder = join(stateDir, 'relay')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const { name, content, mode } of [...makeAirflowKeys(), ...makeAuditKey(auditOrigin)])
    await writeFile(join(folder, name), content, { mode })
  return folder
}

/**
 * @param folder where its keys are
 * @param host as of `writeRelayConfig`, and so is `tcp`
 */
export async function startRelay(o: {
  folder: string
  stateDir: string
  airflowUrl: string
  tcp?: { readonly address: string; readonly localPort: number }
  issuer: string
  host?: string
  relayPort: number
  localPort: number
  /** Besides this process's. */
  env?: NodeJS.ProcessEnv
  processes: Processes
}): Promise<DemoRelay> {
  const relayPort = await freePort(o.relayPort)
  const certificate = await makeCertificate(o.folder, o.host === undefined ? undefined : [o.host])
  const auditLog = join(o.stateDir, 'audit.jsonl')
  const relayLog = join(o.folder, 'relay.log')
  const relayConfig = await writeRelayConfig({
    ...o,
    relayPort,
    airflow: o.airflowUrl,
    certificate,
    auditFile: auditLog,
  })
  await runRelay(o.processes, relayConfig, relayLog, o.env)
  const relayUrl = `https://${o.host ?? 'localhost'}:${relayPort}`
  return { relayUrl, ca: certificate.ca, relayConfig, auditLog, relayLog }
}

/** Starts a relay and waits until it listens. @returns its process */
export function runRelay(
  processes: Processes,
  config: string,
  logFile: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ChildProcess> {
  const log = createWriteStream(logFile, { flags: 'a' })
  return new Promise((resolve, reject) => {
    processes.failure.catch(reject)
    const args = [...nodeFlags, join(root, 'relay/main.ts'), 'serve', '--config', config]
    const relay = processes.start('relay', process.execPath, args, {
      env: { ...process.env, ...env },
      logFile,
      onLine: (line) => {
        log.write(`${line}\n`)
        if (line.includes('"msg":"listening"')) resolve(relay)
      },
    })
  })
}
