import { ListBox, ListBoxItem } from 'react-aria-components'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { phaseOf, phaseWords } from '#shared/ipc/phase.ts'
import { Glyph } from './status-badge.tsx'

interface EnvironmentListProps {
  readonly environments: readonly EnvironmentStatus[]
  readonly shown: string
  readonly onChoose: (name: string) => void
}

export function EnvironmentList({ environments, shown, onChoose }: EnvironmentListProps) {
  return (
    <ListBox
      className="environments"
      aria-label="Environments"
      selectionMode="single"
      selectionBehavior="replace"
      disallowEmptySelection
      selectedKeys={[shown]}
      onSelectionChange={(keys) => {
        for (const key of keys) onChoose(String(key))
      }}
    >
      {environments.map((environment) => (
        <ListBoxItem
          key={environment.name}
          id={environment.name}
          textValue={environment.name}
          className="environment-row"
        >
          <Glyph phase={phaseOf(environment)} />
          <span className="name ellipsis">{environment.name}</span>
          <span className="words">{phaseWords[phaseOf(environment)]}</span>
        </ListBoxItem>
      ))}
    </ListBox>
  )
}
