import { Connection } from '../overview/connection.tsx'
import { PersonCard } from '../overview/person-card.tsx'
import { ServicesCard } from '../overview/services-card.tsx'
import { Stage } from '../overview/stage.tsx'
import { shownPhase } from '../phase-look.ts'
import type { ScreenProps } from './screens.ts'

/** How it stands, who I am, and where it is on this computer. */
export function Overview({ environment, desktop, ask }: ScreenProps) {
  const running = desktop.engine === 'running'
  const phase = shownPhase(environment, desktop.engine)
  return (
    <div className="overview">
      <Stage environment={environment} phase={phase} ask={ask} />
      <ServicesCard environment={environment} canAsk={running} />
      <PersonCard
        environment={environment}
        canAsk={running}
        requests={desktop.accessRequests[environment.name]}
        ask={ask}
      />
      <Connection environment={environment} phase={phase} version={desktop.about.version} />
    </div>
  )
}
