import { Button } from 'react-aria-components'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { phaseOf } from '#shared/ipc/phase.ts'
import type { Ask } from '../use-desktop.ts'

interface PrimaryActionsProps {
  readonly environment: EnvironmentStatus
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
export function PrimaryActions({ environment, ask }: PrimaryActionsProps) {
  const of = { environment: environment.name }
  const phase = phaseOf(environment)
  const button = (kind: 'primary' | 'plain', label: string, method: PrimaryMethod) => (
    <Button key="next" className={`button ${kind} large`} onPress={() => void ask(method, of)}>
      {label}
    </Button>
  )
  if (environment.signingIn) {
    return (
      <>
        {button('plain', 'Cancel', 'cancelSignIn')}
        <Button className="button primary large" onPress={() => void ask('reopenSignIn', of)}>
          Open browser again
        </Button>
      </>
    )
  }
  switch (phase) {
    case 'connected':
    case 'reconnecting':
      return (
        <>
          {button('plain', 'Disconnect', 'disconnect')}
          {environment.stepUp !== null && (
            <Button className="button primary large" onPress={() => void ask('signIn', of)}>
              Sign in again
            </Button>
          )}
        </>
      )
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
