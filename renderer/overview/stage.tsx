import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { type Phase, problemToShow } from '#shared/ipc/phase.ts'
import { Button } from '../components/button.tsx'
import { Message, ProblemMessage } from '../components/message.tsx'
import { phaseLooks } from '../phase-look.ts'
import type { Ask } from '../use-desktop.ts'
import { Bridge } from './bridge.tsx'

interface StageProps {
  readonly environment: EnvironmentStatus
  readonly phase: Phase
  readonly ask: Ask
}

/** The bridge between this computer and the environment, and what keeps it from standing. */
export function Stage({ environment, phase, ask }: StageProps) {
  return (
    <section className={`stage tone-${phaseLooks[phase].tone}`} aria-label="State">
      <Bridge phase={phase} farEnd={new URL(environment.relayUrl).host} />
      <Notice environment={environment} ask={ask} />
    </section>
  )
}

function Notice({ environment, ask }: Pick<StageProps, 'environment' | 'ask'>) {
  if (environment.signingIn) {
    return (
      <Message title="Finish the sign-in in your browser">
        <p>Jetway goes on by itself when you are done.</p>
      </Message>
    )
  }
  const problem = problemToShow(environment)
  if (problem === null) return null
  const signIn = (): void => void ask('signIn', { environment: environment.name })
  return (
    <ProblemMessage
      problem={problem}
      actions={
        environment.stepUp !== null && (
          <Button kind="primary" size="small" onPress={signIn}>
            Sign in again
          </Button>
        )
      }
    />
  )
}
