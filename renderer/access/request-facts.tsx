import type { ReactNode } from 'react'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { ProductionBadge } from '../components/badge.tsx'

interface RequestFactsProps {
  readonly environment: EnvironmentStatus
  readonly facts: readonly (readonly [title: string, value: ReactNode])[]
}

/** What a decision is about; that it is about production cannot be missed. */
export function RequestFacts({ environment: { name, production }, facts }: RequestFactsProps) {
  return (
    <dl className="request-facts selectable">
      <div>
        <dt>Environment</dt>
        <dd>
          {name}
          {production && <ProductionBadge />}
        </dd>
      </div>
      {facts.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
