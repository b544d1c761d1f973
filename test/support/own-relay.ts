import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { freePort } from '../../demo/free-port.ts'
import { makeAuditKey } from '../../relay/audit/audit-key.ts'
import { type AuditLog, openAuditLog } from '../../relay/audit/audit-log.ts'
import type { AuditRecord } from '../../relay/audit/record.ts'
import { loadConfig } from '../../relay/config/load.ts'
import type { StsUrl } from '../../relay/identity/aws/sts.ts'
import { type Relay, startRelay } from '../../relay/relay.ts'
import type { ReloadRequest, ReloadResult } from '../../relay/reload/reloader.ts'
import { makeAirflowKeys } from '../../relay/upstream/airflow-keys.ts'
import { readAudit } from './audit.ts'
import { audience } from './token-provider.ts'

/** A relay in this process, over plain HTTP unless it is told otherwise, with a folder of its own. */
export interface OwnRelay extends Relay {
  readonly port: number
  /** Where its clients' carriers go. */
  readonly carrierUrl: string
  readonly auditLog: AuditLog
  readonly configFile: string
  readonly auditFile: string
  /** What was written to the audit log so far of what has ended. */
  records(): Promise<AuditRecord[]>
  /** Writes the configuration anew, with `changes` of its first level, and has the relay read it. */
  reloadWith(
    changes: object,
    how?: Partial<Pick<ReloadRequest, 'allowWidening' | 'dryRun'>>,
  ): Promise<ReloadResult>
  close(): Promise<void>
}

/**
 * @param config what a relay's configuration has beside where it listens and whom it trusts; `relay.pem` is there as a
 *   key file
 */
export async function startOwnRelay(
  issuer: string,
  {
    tls,
    ...config
  }: {
    /** Besides the provider. */
    identity?: object
    services: object
    policy: object
    direct?: string
    limits?: object
    filters?: object[]
    health?: object
    metrics?: object
    telemetry?: object
    /** Where clients reach it in TLS: a host that leads to this machine, and PEM files. */
    tls?: { host: string; cert: string; key: string }
  },
  log: Logger = pino({}, { write() {} }),
  stsUrl?: StsUrl,
): Promise<OwnRelay> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-'))
  const [configFile, auditFile] = [join(folder, 'relay.yaml'), join(folder, 'audit.jsonl')]
  for (const { name, content, mode } of [...makeAirflowKeys(), ...makeAuditKey('relay.test/audit')])
    await writeFile(join(folder, name), content, { mode })
  const port = await freePort()
  const whole = {
    version: 1,
    publicUrl: tls ? `https://${tls.host}:${port}` : `http://127.0.0.1:${port}`,
    listen: {
      host: '127.0.0.1',
      port,
      ...(tls ? { tls: { cert: tls.cert, key: tls.key } } : { plain: true }),
    },
    audit: { file: auditFile, keyFile: 'audit.pem', origin: 'relay.test/audit' },
    ...config,
    identity: { oidc: { issuer, clientId: 'jetway', audience }, ...config.identity },
  }
  await writeFile(configFile, JSON.stringify(whole))
  const loaded = loadConfig(configFile)
  const auditLog = await openAuditLog(loaded.audit, () => {})
  const relay = await startRelay(loaded, auditLog, log, stsUrl)
  return {
    ...relay,
    port,
    carrierUrl: `ws://127.0.0.1:${port}/tunnel`,
    auditLog,
    configFile,
    auditFile,
    records: () => readAudit(auditFile),
    async reloadWith(changes, how) {
      await writeFile(configFile, JSON.stringify({ ...whole, ...changes }))
      return relay.reload({
        load: () => loadConfig(configFile),
        by: { via: 'command', user: 'test' },
        allowWidening: false,
        dryRun: false,
        ...how,
      })
    },
    async close() {
      await relay.stop(1000)
      await auditLog.close()
      await rm(folder, { recursive: true })
    },
  }
}
