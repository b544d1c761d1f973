import type { EnvironmentStatus } from '#shared/ipc/control.ts'

type Marked = Pick<EnvironmentStatus, 'name' | 'color'>

/** An environment's first letter on its colour. Decoration: the name stands beside it. */
export function EnvironmentTile({ environment }: { readonly environment: Marked }) {
  return (
    <span className="environment-tile" data-color={environment.color} aria-hidden="true">
      {environment.name[0]?.toUpperCase()}
    </span>
  )
}
