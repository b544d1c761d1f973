import { waitingOf } from '#shared/ipc/access-request-words.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'

/** How many requests for access wait for this person in an environment. */
export function waitingCount(
  { accessRequests }: Pick<DesktopState, 'accessRequests'>,
  environment: string,
): number {
  const known = accessRequests[environment]
  return known?.kind === 'known' ? waitingOf(known.requests).length : 0
}
