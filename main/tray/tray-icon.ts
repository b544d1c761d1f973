import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { type Phase, phaseOf } from '#shared/ipc/phase.ts'

/** The four tray icons. They differ in shape as well as in colour. */
export type TrayIcon = 'disconnected' | 'connecting' | 'connected' | 'needs-you'

const iconOfPhase: Readonly<Record<Phase, TrayIcon>> = {
  disconnected: 'disconnected',
  connecting: 'connecting',
  reconnecting: 'connecting',
  connected: 'connected',
  'signing-in': 'needs-you',
  'needs-you': 'needs-you',
}

/** Of several environments the tray shows what wants attention most. */
const byUrgency: readonly TrayIcon[] = ['needs-you', 'connecting', 'connected', 'disconnected']

export function trayIcon(state: Pick<DesktopState, 'engine' | 'environments'>): TrayIcon {
  if (state.engine !== 'running') return 'connecting'
  const shown = new Set(state.environments.map((e: EnvironmentStatus) => iconOfPhase[phaseOf(e)]))
  return byUrgency.find((icon) => shown.has(icon)) ?? 'disconnected'
}
