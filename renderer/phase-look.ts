import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { EnginePhase } from '#shared/ipc/desktop.ts'
import { type Phase, phaseOf } from '#shared/ipc/phase.ts'
import type { Tone } from './components/badge.tsx'

interface Look {
  /** Colours. */
  readonly tone: Tone
  /** Shape: one of the tray's four icons. */
  readonly shape: 'disconnected' | 'connecting' | 'connected' | 'needs-you'
}

export const phaseLooks: Readonly<Record<Phase, Look>> = {
  disconnected: { tone: 'idle', shape: 'disconnected' },
  connecting: { tone: 'busy', shape: 'connecting' },
  reconnecting: { tone: 'busy', shape: 'connecting' },
  connected: { tone: 'ok', shape: 'connected' },
  'signing-in': { tone: 'wait', shape: 'needs-you' },
  'needs-you': { tone: 'wait', shape: 'needs-you' },
}

/** How an environment stands: between two engines, what was open comes back. */
export function shownPhase(environment: EnvironmentStatus, engine: EnginePhase): Phase {
  return engine === 'running' || environment.state === 'disconnected' ? phaseOf(environment) : 'reconnecting'
}
