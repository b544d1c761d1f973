import type { Phase } from '#shared/ipc/phase.ts'

interface Look {
  /** Colours: a class of layout.css. */
  readonly tone: 'tone-ok' | 'tone-busy' | 'tone-wait' | 'tone-idle'
  /** Shape: one of the tray's four icons. */
  readonly shape: 'disconnected' | 'connecting' | 'connected' | 'needs-you'
}

export const phaseLooks: Readonly<Record<Phase, Look>> = {
  disconnected: { tone: 'tone-idle', shape: 'disconnected' },
  connecting: { tone: 'tone-busy', shape: 'connecting' },
  reconnecting: { tone: 'tone-busy', shape: 'connecting' },
  connected: { tone: 'tone-ok', shape: 'connected' },
  'signing-in': { tone: 'tone-wait', shape: 'needs-you' },
  'needs-you': { tone: 'tone-wait', shape: 'needs-you' },
}
