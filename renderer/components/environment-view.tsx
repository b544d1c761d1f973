import { Info } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Problem } from '#shared/errors/problem.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { EnginePhase } from '#shared/ipc/desktop.ts'
import { phaseOf, problemToShow } from '#shared/ipc/phase.ts'
import { phaseLooks } from '../phase-look.ts'
import { useAsk } from '../use-desktop.ts'
import { Bridge } from './bridge.tsx'
import { EnvironmentMenu } from './environment-menu.tsx'
import { ProblemMessage, SignInMessage } from './message.tsx'
import { PersonRow } from './person-row.tsx'
import { PrimaryActions } from './primary-actions.tsx'
import { ServiceRow } from './service-row.tsx'
import { StatusBadge } from './status-badge.tsx'

interface EnvironmentViewProps {
  readonly environment: EnvironmentStatus
  readonly engine: EnginePhase
  readonly engineProblem: Problem | null
  readonly tokenStoreProblem: Problem | null
  readonly onAdd: () => void
}

/** One environment: its state, who I am there, where it is on this computer, and the next step. */
export function EnvironmentView(props: EnvironmentViewProps) {
  const { environment, engine, engineProblem, tokenStoreProblem, onAdd } = props
  const { ask, failure } = useAsk()
  const heading = useRef<HTMLHeadingElement>(null)
  const phase = engine === 'running' ? phaseOf(environment) : 'reconnecting'

  // What had the focus before (the address form) is gone; a screen reader goes on from the name. But a choice in
  // the list keeps the focus there.
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus()
  }, [])

  return (
    <>
      <main className="content">
        <header className="heading">
          <h1 ref={heading} tabIndex={-1} className="ellipsis">
            {environment.name}
          </h1>
          <StatusBadge phase={phase} />
          <EnvironmentMenu
            environment={environment.name}
            onAdd={onAdd}
            onRemove={() => void ask('removeEnvironment', { environment: environment.name })}
          />
        </header>
        <section className={`stage ${phaseLooks[phase].tone}`} aria-label="State">
          <Bridge phase={phase} farEnd={new URL(environment.relayUrl).host} />
          <Notice environment={environment} problem={engineProblem ?? failure} />
        </section>
        <section className="rows" aria-label="Details">
          <PersonRow environment={environment} ask={ask} />
          {environment.services.map((service) => (
            <ServiceRow key={service.name} environment={environment} service={service} ask={ask} />
          ))}
        </section>
      </main>
      <footer className="actions">
        {tokenStoreProblem !== null && <KeychainNotice problem={tokenStoreProblem} />}
        <div className="action-buttons">
          <PrimaryActions environment={environment} ask={ask} />
        </div>
      </footer>
    </>
  )
}

interface NoticeProps {
  readonly environment: EnvironmentStatus
  /** Of the engine or of a request; the environment's own goes first. */
  readonly problem: Problem | null
}

function Notice({ environment, problem }: NoticeProps) {
  if (environment.signingIn) return <SignInMessage />
  const shown = problemToShow(environment)
  if (shown !== null) return <ProblemMessage problem={shown} />
  return problem === null || problem.code === 'SIGN_IN_CANCELLED' ? null : (
    <ProblemMessage problem={problem} />
  )
}

function KeychainNotice({ problem }: { readonly problem: Problem }) {
  return (
    <p className="footnote selectable">
      <Info size={13} aria-hidden="true" />
      <span>{problem.detail}</span>
    </p>
  )
}
