import { JetwayError } from '#shared/errors/jetway-error.ts'
import { loadPolicy } from '../../config/load-policy.ts'
import { grantUse } from '../../policy/grant-use.ts'
import { isSameGrant, leastGrant } from '../../policy/least-grants.ts'
import { auditFilesOf, readAll } from './audit-files.ts'
import { creepText, creepValue } from './creep-report.ts'
import { print, printJson } from './print.ts'

export interface CreepOptions {
  readonly config: string
  readonly days: string
  readonly until?: string
  readonly audit?: readonly string[]
  readonly json?: true
}

const dayMs = 86_400_000

/** @throws USAGE, AUDIT_UNREADABLE, CONFIG_INVALID */
export async function creep(o: CreepOptions): Promise<void> {
  const days = Number(o.days)
  if (!Number.isInteger(days) || days < 1 || days > 3650) {
    throw new JetwayError('USAGE', { reason: '--days takes a whole number from 1 to 3650.' })
  }
  const until = o.until === undefined ? new Date() : new Date(o.until)
  if (Number.isNaN(until.getTime())) {
    throw new JetwayError('USAGE', { reason: `--until ${o.until} is no time such as 2026-06-01T00:00:00Z.` })
  }
  const since = new Date(until.getTime() - days * dayMs)
  const loaded = loadPolicy(o.config)
  const records = readAll(auditFilesOf(loaded, o.audit))
  const use = await grantUse(loaded.config, records, since, until)
  const grants = use.grants.map((one) => {
    const granted = loaded.config[one.path[0] as 'grants' | 'connect' | 'http'][one.path[1]] as object
    const least = leastGrant(loaded.config, one)
    return { use: one, at: loaded.at(one.path), granted, least, isLeast: isSameGrant(granted, least ?? {}) }
  })
  const report = { days, since, until, log: use, grants }
  if (o.json) printJson(creepValue(report))
  else print(creepText(report))
}
