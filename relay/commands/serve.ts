import type { Logger } from 'pino'
import { type AuditLog, openAuditLog } from '../audit/audit-log.ts'
import { loadConfig } from '../config/load.ts'
import { type ControlServer, serveControl } from '../control/server.ts'
import { createLog } from '../log.ts'
import { type Relay, startRelay } from '../relay.ts'
import type { ReloadRequest } from '../reload/reloader.ts'

/**
 * Runs a relay until SIGTERM or SIGINT; a second one does not wait for what was begun. SIGHUP has it read its
 * configuration anew, as `jetway-relay reload` does.
 */
export async function serve({ config: path }: { config: string }): Promise<void> {
  const config = loadConfig(path)
  const log = createLog(config.log.level)
  const audit = await openAuditLog(config.audit, (err) => log.error({ err }, 'audit'))
  const relay = await startRelay(config, audit, log)
  const reload = (how: Omit<ReloadRequest, 'load'>) => relay.reload({ load: () => loadConfig(path), ...how })
  const control = await openControl(config.control.socket, relay, reload).catch(async (error: unknown) => {
    await relay.stop(0)
    await audit.close()
    throw error
  })
  log.info({ url: relay.url, generation: config.generation }, 'listening')
  if (process.platform !== 'win32') listenToSignals(audit, reload, log)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve()
      })
    }
  })
  log.info('draining')
  // Ahead of the port: who starts in its place takes both.
  control?.close()
  await relay.stop()
  await audit.close()
  log.info('stopped')
}

type Reload = (how: Omit<ReloadRequest, 'load'>) => ReturnType<Relay['reload']>

async function openControl(
  socket: string | null,
  relay: Relay,
  reload: Reload,
): Promise<ControlServer | null> {
  if (socket === null) return null
  return serveControl(socket, (request) => {
    switch (request.command) {
      case 'status':
        return relay.status()
      case 'signing-keys':
        return relay.signingKeys()
      case 'rotate-keys':
        return relay.rotateKeys(request)
      case 'access-requests':
        return relay.accessRequests()
      case 'end-access-request':
        return relay.endAccessRequest(request)
      case 'reload': {
        const { user, allowWidening, dryRun } = request
        return reload({ by: { via: 'command', user }, allowWidening, dryRun })
      }
    }
  })
}

function listenToSignals(audit: AuditLog, reload: Reload, log: Logger): void {
  // Ends the segment that is written, so that it can be taken away.
  process.on('SIGUSR1', () => void audit.rotate().catch((err: unknown) => log.error({ err }, 'audit')))
  process.on('SIGHUP', () => {
    const how = { by: { via: 'signal', user: null }, allowWidening: null, dryRun: false } as const
    // Why it was refused is in log and audit.
    reload(how).catch(() => {})
  })
}
