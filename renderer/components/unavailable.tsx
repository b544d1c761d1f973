import { Hourglass, PlugZap } from 'lucide-react'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { phaseOf } from '#shared/ipc/phase.ts'
import { EmptyState } from './empty-state.tsx'

interface UnavailableProps {
  readonly environment: EnvironmentStatus
  readonly isEngineRunning: boolean
  /** What would be seen here: `what you may do`. */
  readonly what: string
}

/** In place of what only a connection can tell. The way to one is above, in the header. */
export function Unavailable({ environment, isEngineRunning, what }: UnavailableProps) {
  if (!isEngineRunning) {
    return (
      <EmptyState icon={Hourglass} title="One moment">
        When Jetway’s engine is back, you see {what}.
      </EmptyState>
    )
  }
  const phase = phaseOf(environment)
  if (phase === 'connecting' || phase === 'reconnecting' || phase === 'signing-in') {
    return (
      <EmptyState icon={PlugZap} title="Not connected yet">
        Once it is, you see {what}.
      </EmptyState>
    )
  }
  return (
    <EmptyState icon={PlugZap} title="Not connected">
      Connect, and you see {what}.
    </EmptyState>
  )
}
