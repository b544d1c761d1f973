/** Texts that a person copies to send them to someone else. */
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { AboutDesktop } from '#shared/ipc/desktop.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import { statusLine } from '#shared/ipc/phase.ts'
import { redact } from '#shared/redact.ts'

const marks: Readonly<Record<Finding['state'], string>> = {
  running: '…',
  ok: 'ok',
  warning: 'warning',
  failed: 'FAILED',
  skipped: 'skipped',
}

/** What was found out about an environment, without secrets and without the person's folders. */
export function reportText(o: {
  environment: EnvironmentStatus
  findings: readonly Finding[]
  about: AboutDesktop
  platform: string
  home: string
}): string {
  const { environment, findings, about, platform, home } = o
  const lines = [
    `Jetway ${about.version} · Electron ${about.electron} · ${platform}`,
    statusLine(environment),
    `Relay: ${environment.relayUrl}${environment.relayVersion === null ? '' : `, Jetway ${environment.relayVersion}`}`,
    ...environment.services.map(({ name, type, localPort, localUrl, taken }) =>
      [
        `${name} (${type}): port ${localPort}`,
        localUrl ?? (taken === null ? 'not bound' : `used by ${taken.owner}`),
      ].join(', '),
    ),
    '',
    ...findings.flatMap(({ check, state, title, detail, action, durationMs }) => [
      `[${marks[state]}] ${check}: ${title} (${Math.round(durationMs)} ms)`,
      ...[detail, action].filter((line) => line !== null).map((line) => `    ${line}`),
    ]),
  ]
  return `${redact(lines.join('\n'), home)}\n`
}

/** What a person sends to those who can give access: who asks, for what, and where it was refused. */
export function accessRequestText(environment: EnvironmentStatus, entry: ActivityEntry): string {
  const { person, name } = environment
  const who = person === null ? 'I' : `I, ${[person.name, person.email].filter(Boolean).join(', ')},`
  const on = [
    entry.dag && `DAG ${entry.dag}`,
    entry.run && `run ${entry.run}`,
    entry.task && `task ${entry.task}`,
  ].filter(Boolean)
  const what = entry.verb ?? [entry.method, entry.path].filter(Boolean).join(' ')
  const lines = [
    `${who} would like to do ${what}${on.length === 0 ? '' : ` on ${on.join(', ')}`} in ${name}${entry.service === null ? '' : ` (${entry.service})`}.`,
    ...(entry.problem === null ? [] : [`It was refused: ${entry.problem.detail}`]),
    `Time ${entry.time}, request ${entry.id}.`,
  ]
  return `${lines.join('\n')}\n`
}
