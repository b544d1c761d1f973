import { openAuditLog } from '../audit/audit-log.ts'
import { loadConfig } from '../config/load.ts'
import { createLog } from '../log.ts'
import { startRelay } from '../relay.ts'

/** Runs a relay until SIGTERM or SIGINT; a second one does not wait for what was begun. */
export async function serve({ config: path }: { config: string }): Promise<void> {
  const config = loadConfig(path)
  const log = createLog(config.log.level)
  const audit = await openAuditLog(config.audit, (err) => log.error({ err }, 'audit'))
  const relay = await startRelay(config, audit, log)
  log.info({ url: relay.url, generation: config.generation }, 'listening')
  // Ends the segment that is written, so that it can be taken away.
  if (process.platform !== 'win32') {
    process.on('SIGUSR1', () => void audit.rotate().catch((err: unknown) => log.error({ err }, 'audit')))
  }
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve()
      })
    }
  })
  log.info('draining')
  await relay.stop(config.limits.drainSeconds * 1000)
  await audit.close()
  log.info('stopped')
}
