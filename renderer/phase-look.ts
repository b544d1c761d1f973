import type { Phase } from '#shared/ipc/phase.ts'
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
