import { useState } from 'react'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { Place } from '../place.ts'

/** An environment by its name, or by the relay that is being added. */
type Chosen =
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'relay'; readonly origin: string }

interface Places {
  readonly place: Place
  readonly go: (to: Place | Chosen) => void
  /** From the settings, or from adding one, to the environment of before. */
  readonly back: () => void
}

/** Where the person is in the window. */
export function usePlace(environments: readonly EnvironmentStatus[]): Places {
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const [page, setPage] = useState<'add' | 'settings' | null>(null)
  const environment = environments.find((one) => isChosen(one, chosen)) ?? environments[0]
  return {
    place:
      page !== null
        ? { kind: page }
        : environment === undefined
          ? { kind: 'add' }
          : { kind: 'environment', name: environment.name },
    go: (to) => {
      const isPage = to.kind === 'add' || to.kind === 'settings'
      setPage(isPage ? to.kind : null)
      if (!isPage) setChosen(to)
    },
    back: () => setPage(null),
  }
}

function isChosen({ name, relayUrl }: EnvironmentStatus, chosen: Chosen | null): boolean {
  if (chosen === null) return false
  return chosen.kind === 'environment' ? name === chosen.name : new URL(relayUrl).origin === chosen.origin
}
