import { ListBox, ListBoxItem } from 'react-aria-components'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { EnginePhase } from '#shared/ipc/desktop.ts'
import { phaseWords } from '#shared/ipc/phase.ts'
import { Glyph, ProductionBadge } from '../components/badge.tsx'
import { EnvironmentTile } from '../components/environment-tile.tsx'
import { phaseLooks, shownPhase } from '../phase-look.ts'

interface EnvironmentListProps {
  readonly environments: readonly EnvironmentStatus[]
  readonly engine: EnginePhase
  /** Whether only those are here whose names were searched for. */
  readonly isSearched: boolean
  /** Null where something else is shown. */
  readonly shown: string | null
  readonly onChoose: (name: string) => void
}

export function EnvironmentList({ environments, engine, isSearched, shown, onChoose }: EnvironmentListProps) {
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
        <EnvironmentItem key={environment.name} environment={environment} engine={engine} />
      ))}
    </ListBox>
  )
}

interface EnvironmentItemProps {
  readonly environment: EnvironmentStatus
  readonly engine: EnginePhase
}

function EnvironmentItem({ environment, engine }: EnvironmentItemProps) {
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
      </span>
    </ListBoxItem>
  )
}
