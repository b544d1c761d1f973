import { duration } from '#shared/duration.ts'
import { shortened, waitingOf, wantedWords } from '#shared/ipc/access-request-words.ts'
import type { AccessRequest } from '#shared/ipc/access-requests.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import type { TrayItem } from './tray-menu.ts'

/** More lines than that are no menu any more. */
const mostLines = 8
/** Of a name, and of what is asked for. */
const mostChars = 40

/** What others ask for and this person may decide, of all environments, the oldest on top; nothing where nothing waits. */
export function requestItems(state: DesktopState): readonly TrayItem[] {
  const isOne = state.environments.length === 1
  const waiting = state.environments
    .flatMap((environment) => waitingIn(state, environment).map((request) => ({ environment, request })))
    .sort((a, b) => Date.parse(a.request.askedAt) - Date.parse(b.request.askedAt))
  if (waiting.length === 0) return []
  const items = waiting.slice(0, mostLines).map(({ environment, request }): TrayItem => {
    const words = requestWords(request)
    return item(isOne ? words : `${placeWords(environment)} · ${words}`, environment, request.id)
  })
  const next = waiting[mostLines]
  if (next !== undefined) items.push(item(`And ${waiting.length - mostLines} more…`, next.environment, null))
  return [
    { kind: 'submenu', label: `Requests waiting for you (${waiting.length})`, items },
    { kind: 'separator' },
  ]
}

/** Without a connection nothing can be decided. */
export function waitingIn(state: DesktopState, { name }: EnvironmentStatus): readonly AccessRequest[] {
  const known = state.accessRequests[name]
  return state.engine === 'running' && known?.kind === 'known' ? waitingOf(known.requests) : []
}

function item(label: string, { name }: EnvironmentStatus, request: string | null): TrayItem {
  return { kind: 'action', label, enabled: true, action: { do: 'showRequests', environment: name, request } }
}

/** `prod · PRODUCTION` */
function placeWords({ name, production }: EnvironmentStatus): string {
  return production ? `${name} · PRODUCTION` : name
}

/** `Ana Reyes: operator on sales_*, for 4 h` */
function requestWords(request: AccessRequest): string {
  const time = duration(request.seconds * 1000)
  return `${shortened(request.name, mostChars)}: ${shortened(wantedWords(request), mostChars)}, for ${time}`
}
