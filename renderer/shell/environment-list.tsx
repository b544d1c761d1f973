import { ListBox, ListBoxItem } from 'react-aria-components'
import { waitingWords } from '#shared/ipc/access-request-words.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { EnginePhase } from '#shared/ipc/desktop.ts'
import { phaseWords } from '#shared/ipc/phase.ts'
import { Glyph, ProductionBadge } from '../components/badge.tsx'
import { CountBadge } from '../components/count-badge.tsx'
import { EnvironmentTile } from '../components/environment-tile.tsx'
import { phaseLooks, shownPhase } from '../phase-look.ts'

interface EnvironmentListProps {
  readonly environments: readonly EnvironmentStatus[]
  readonly engine: EnginePhase
  /** How many requests for access wait for the person in one of them. */
  readonly waitingIn: (environment: string) => number
  /** Whether only those are here whose names were searched for. */
  readonly isSearched: boolean
  /** Null where something else is shown. */
  readonly shown: string | null
  readonly onChoose: (name: string) => void
}

export function EnvironmentList(props: EnvironmentListProps) {
  const { environments, engine, waitingIn, isSearched, shown, onChoose } = props
  return (
    <ListBox
      className="environments"
      aria-label="Environments"
      selectionMode="single"
      selectionBehavior="replace"
      disallowEmptySelection
      selectedKeys={shown === null ? [] : [shown]}
      onSelectionChange={(keys) => {
        for (const key of keys) onChoose(String(key))
      }}
      renderEmptyState={() => (
        <p className="no-match">{isSearched ? 'No environment has this name.' : 'No environment yet.'}</p>
      )}
    >
      {environments.map((environment) => (
        <EnvironmentItem
          key={environment.name}
          environment={environment}
          engine={engine}
          waiting={waitingIn(environment.name)}
        />
      ))}
    </ListBox>
  )
}

interface EnvironmentItemProps {
  readonly environment: EnvironmentStatus
  readonly engine: EnginePhase
  readonly waiting: number
}

function EnvironmentItem({ environment, engine, waiting }: EnvironmentItemProps) {
  const { name, production } = environment
  const phase = shownPhase(environment, engine)
  return (
    <ListBoxItem id={name} textValue={name} className="environment-item">
      <EnvironmentTile environment={environment} />
      <span className="name ellipsis" title={name}>
        {name}
      </span>
      {production && <ProductionBadge short />}
      <span className={`state tone-${phaseLooks[phase].tone}`}>
        <Glyph phase={phase} />
        {phaseWords[phase]}
        <CountBadge count={waiting} words={waitingWords(waiting)} />
      </span>
    </ListBoxItem>
  )
}
