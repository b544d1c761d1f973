import { Info } from 'lucide-react'
import type { Problem } from '#shared/errors/problem.ts'
import { waitingWords } from '#shared/ipc/access-request-words.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { ProductionBadge, StatusBadge } from '../components/badge.tsx'
import { Boundary } from '../components/boundary.tsx'
import { EnvironmentTile } from '../components/environment-tile.tsx'
import { Message, ProblemMessage } from '../components/message.tsx'
import { Tabs } from '../components/tabs.tsx'
import { shownPhase } from '../phase-look.ts'
import { screens } from '../screens/screens.ts'
import { useAsk } from '../use-desktop.ts'
import { waitingCount } from '../waiting-count.ts'
import type { Wanted } from '../wanted.ts'
import { EnvironmentMenu } from './environment-menu.tsx'
import { PrimaryActions } from './primary-actions.tsx'
import { useHeadingFocus } from './use-heading-focus.ts'

interface EnvironmentViewProps {
  readonly environment: EnvironmentStatus
  readonly desktop: DesktopState
  readonly tab: string
  readonly wanted: Wanted | null
  readonly onTab: (id: string) => void
}

/** One environment: its state and the next step above, the rest in tabs. */
export function EnvironmentView({ environment, desktop, tab, wanted, onTab }: EnvironmentViewProps) {
  const { ask, failure } = useAsk()
  const heading = useHeadingFocus()
  const { name, production, relayUrl } = environment
  const phase = shownPhase(environment, desktop.engine)
  const waiting = waitingCount(desktop, name)
  const tabs = screens.map((screen) => ({
    ...screen,
    count: screen.id === 'access' ? waiting : 0,
    countWords: waitingWords(waiting),
  }))
  const { id, Screen } = screens.find((screen) => screen.id === tab) ?? screens[0]

  return (
    <main className={production ? 'content production' : 'content'}>
      <header className="environment-header">
        <EnvironmentTile environment={environment} />
        <div className="text">
          <div className="heading">
            <h1 ref={heading} tabIndex={-1} className="ellipsis" title={name}>
              {name}
            </h1>
            {production && <ProductionBadge />}
          </div>
          <div className="heading">
            <StatusBadge phase={phase} />
            <p className="second ellipsis selectable">{new URL(relayUrl).host}</p>
          </div>
        </div>
        <div className="environment-actions">
          <PrimaryActions environment={environment} engine={desktop.engine} ask={ask} />
          <EnvironmentMenu environment={environment} ask={ask} />
        </div>
      </header>
      <Notices desktop={desktop} failure={failure} />
      <Tabs label={name} tabs={tabs} selected={id} onSelect={onTab}>
        <Boundary key={id}>
          <Screen environment={environment} desktop={desktop} ask={ask} wanted={wanted} />
        </Boundary>
      </Tabs>
    </main>
  )
}

interface NoticesProps {
  readonly desktop: DesktopState
  readonly failure: Problem | null
}

/** What concerns every tab; nothing, mostly. */
function Notices({ desktop, failure }: NoticesProps) {
  const { engine, engineProblem, tokenStoreProblem } = desktop
  return (
    <div className="notices">
      {engine !== 'running' && (
        <Message title="Jetway’s engine is starting again" tone="busy">
          <p>{engineProblem?.detail ?? 'What is open waits, and goes on by itself.'}</p>
          {engineProblem !== null && <p>{engineProblem.action}</p>}
        </Message>
      )}
      {failure !== null && failure.code !== 'SIGN_IN_CANCELLED' && <ProblemMessage problem={failure} />}
      {tokenStoreProblem !== null && (
        <p className="footnote selectable">
          <Info size={13} aria-hidden="true" />
          <span>{tokenStoreProblem.detail}</span>
        </p>
      )}
    </div>
  )
}
