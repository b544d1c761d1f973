import { ExternalLink } from 'lucide-react'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { EnvironmentStatus, ServiceStatus } from '#shared/ipc/control.ts'
import type { EnginePhase } from '#shared/ipc/desktop.ts'
import { phaseOf, serviceLabel } from '#shared/ipc/phase.ts'
import { Button } from '../components/button.tsx'
import type { Ask } from '../use-desktop.ts'

interface PrimaryActionsProps {
  readonly environment: EnvironmentStatus
  readonly engine: EnginePhase
  readonly ask: Ask
}

/** After these, connecting begins with the sign-in page. */
const signInCodes: ReadonlySet<ErrorCode> = new Set([
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'SIGN_IN_REQUIRED',
  'SIGN_IN_ENDED',
  'SESSION_ENDED',
])

/** The next step, always in the same place, so that focus stays where it is while the state changes. */
export function PrimaryActions({ environment, engine, ask }: PrimaryActionsProps) {
  const of = { environment: environment.name }
  const phase = phaseOf(environment)
  const button = (kind: 'primary' | 'plain', label: string, method: PrimaryMethod) => (
    <Button key="next" kind={kind} isDisabled={engine !== 'running'} onPress={() => void ask(method, of)}>
      {label}
    </Button>
  )
  if (environment.signingIn) {
    return (
      <>
        {button('plain', 'Cancel', 'cancelSignIn')}
        <Button kind="primary" onPress={() => void ask('reopenSignIn', of)}>
          Open browser again
        </Button>
      </>
    )
  }
  switch (phase) {
    case 'connected':
      return (
        <>
          {button('plain', 'Disconnect', 'disconnect')}
          <OpenButton environment={environment} isDisabled={engine !== 'running'} ask={ask} />
        </>
      )
    case 'reconnecting':
      return button('plain', 'Disconnect', 'disconnect')
    case 'connecting':
      return button('plain', 'Cancel', 'disconnect')
    case 'signing-in':
      return null
    case 'needs-you': {
      const code = environment.lastError?.code
      return button(
        'primary',
        code !== undefined && signInCodes.has(code) ? 'Sign in' : 'Try again',
        'connect',
      )
    }
    case 'disconnected':
      return button('primary', 'Connect', 'connect')
  }
}

type PrimaryMethod = 'connect' | 'disconnect' | 'cancelSignIn'

interface OpenButtonProps {
  readonly environment: EnvironmentStatus
  readonly isDisabled: boolean
  readonly ask: Ask
}

/** Airflow, or whatever else a browser can open. */
function OpenButton({ environment, isDisabled, ask }: OpenButtonProps) {
  const service = serviceToOpen(environment.services)
  if (service === undefined) return null
  const params = { environment: environment.name, service: service.name }
  return (
    <Button kind="primary" isDisabled={isDisabled} onPress={() => void ask('openService', params)}>
      Open {serviceLabel(service)}
      <ExternalLink size={14} aria-hidden="true" />
    </Button>
  )
}

function serviceToOpen(services: readonly ServiceStatus[]): ServiceStatus | undefined {
  const open = services.filter(({ localUrl, type }) => localUrl !== null && type !== 'tcp')
  return open.find(({ type }) => type === 'airflow') ?? open[0]
}
