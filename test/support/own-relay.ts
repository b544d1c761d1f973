import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { freePort } from '../../demo/free-port.ts'
import { type AuditLog, openAuditLog } from '../../relay/audit/audit-log.ts'
import type { AuditRecord } from '../../relay/audit/record.ts'
import { loadConfig } from '../../relay/config/load.ts'
import { type Relay, startRelay } from '../../relay/relay.ts'
import { makeAirflowKeys } from '../../relay/upstream/airflow-keys.ts'
import { readAudit } from './audit.ts'
import { audience } from './token-provider.ts'

/** A relay in this process, over plain HTTP, with a folder of its own. */
export interface OwnRelay extends Relay {
  readonly port: number
  /** Where its clients' carriers go. */
  readonly carrierUrl: string
  readonly auditLog: AuditLog
  /** What was written to the audit log so far. */
  records(): Promise<AuditRecord[]>
  close(): Promise<void>
}

/**
 * @param config what a relay's configuration has beside where it listens and whom it trusts; `relay.pem` is there as a
 *   key file
 */
export async function startOwnRelay(
  issuer: string,
  config: {
    services: object
    policy: object
    direct?: string
    limits?: object
    filters?: object[]
    metrics?: object
    telemetry?: object
  },
  log: Logger = pino({ level: 'silent' }),
): Promise<OwnRelay> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-'))
  const [configFile, auditFile] = [join(folder, 'relay.yaml'), join(folder, 'audit.jsonl')]
  for (const { name, content, mode } of makeAirflowKeys())
    await writeFile(join(folder, name), content, { mode })
  const port = await freePort()
  const whole = {
    version: 1,
    publicUrl: `http://127.0.0.1:${port}`,
    listen: { host: '127.0.0.1', port, plain: true },
    identity: { oidc: { issuer, clientId: 'jetway', audience } },
    audit: { file: auditFile },
    ...config,
  }
  await writeFile(configFile, JSON.stringify(whole))
  const auditLog = await openAuditLog(auditFile, () => {})
  const relay = await startRelay(loadConfig(configFile), auditLog, log)
  return {
    ...relay,
    port,
    carrierUrl: `ws://127.0.0.1:${port}/tunnel`,
    auditLog,
    records: () => readAudit(auditFile),
    async close() {
      await relay.stop(1000)
      await auditLog.close()
      await rm(folder, { recursive: true })
    },
  }
}
