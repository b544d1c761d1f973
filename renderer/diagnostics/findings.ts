import type { Finding } from '#shared/ipc/finding.ts'

export type Check = Finding['check']

/** In the order of the way from here to Airflow, as they are shown. */
export const checks = {
  dns: 'Name',
  proxy: 'Proxy',
  tls: 'Certificate',
  relay: 'Relay',
  provider: 'Sign-in service',
  clock: 'Clock',
  keychain: 'Keychain',
  ports: 'Local ports',
  session: 'Connection',
} as const satisfies Readonly<Record<Check, string>>

export const allChecks = Object.keys(checks) as readonly Check[]

/** What was found, by check; those that have not begun are missing. */
export type Findings = Readonly<Partial<Record<Check, Finding>>>

export interface Summary {
  readonly tone: 'busy' | 'ok' | 'warning' | 'failed'
  readonly words: string
  /** Checks that are done. */
  readonly done: number
}

/** All of it in one line. */
export function summaryOf(findings: Findings, isRunning: boolean): Summary {
  const found = Object.values(findings)
  const done = found.filter(({ state }) => state !== 'running').length
  if (isRunning) return { tone: 'busy', words: 'Looking at every step on the way…', done }
  const failed = found.filter(({ state }) => state === 'failed')
  const warnings = found.filter(({ state }) => state === 'warning')
  if (failed.length > 0)
    return { tone: 'failed', words: countOf(failed.length, 'does not work', 'do not work'), done }
  if (warnings.length > 0)
    return { tone: 'warning', words: countOf(warnings.length, 'needs a look', 'need a look'), done }
  return { tone: 'ok', words: 'Everything is fine', done }
}

function countOf(count: number, one: string, several: string): string {
  return count === 1 ? `One thing ${one}` : `${count} things ${several}`
}
