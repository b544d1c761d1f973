import type { AccessRequest } from '#shared/ipc/access-requests.ts'
import { printable } from '#shared/printable.ts'
import { askRelayOf } from './ask.ts'
import { operator } from './operator.ts'
import { print, type StateOptions } from './state.ts'

/** Requests for access that a relay that runs knows. */
export async function listRequests(o: StateOptions): Promise<void> {
  const all = await askRelayOf(o.config, { command: 'access-requests' })
  print(o, all, all.length > 0 ? all.map(line) : ['Nobody has asked for anything.'])
}

/** Ends one. */
export async function endRequest(id: string, o: StateOptions & { reason: string }): Promise<void> {
  const { config, reason } = o
  const command = { command: 'end-access-request', id, reason, user: operator() } as const
  const ended = await askRelayOf(config, command)
  print(o, ended, [line(ended)])
}

function line({ id, name, role, dags, tags, seconds, state, reason, ...o }: AccessRequest): string {
  const on = `${dags.join(', ')}${tags === null ? '' : ` tagged ${tags.join(' or ')}`}`
  const until = o.until === null ? '' : ` until ${o.until}`
  const note = o.decision?.note ? `: ${o.decision.note}` : ''
  return [
    `${name}  ${role} on ${on} for ${seconds / 60} min, asked for at ${o.askedAt}: ${reason}`,
    `${state}${until}${o.endedBy === null ? '' : ` by ${o.endedBy}`}`,
    ...(o.decision === null ? [] : [`decided by ${o.decision.by} at ${o.decision.at}${note}`]),
    `request ${id}`,
  ]
    .map(printable)
    .join('\n    ')
}
