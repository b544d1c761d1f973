import { useCallback, useEffect, useState } from 'react'
import type { Problem } from '#shared/errors/problem.ts'
import type { Access } from '#shared/ipc/access.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'

export type AccessState =
  | { readonly kind: 'none' | 'loading' }
  | { readonly kind: 'known'; readonly access: Access }
  | { readonly kind: 'failed'; readonly problem: Problem }

/**
 * What the person may do there: asked when it is connected, and at each new connection. `none` until then; `again` asks
 * once more.
 */
export function useAccess({ name, connectedSince }: EnvironmentStatus): {
  readonly state: AccessState
  readonly again: () => void
} {
  const [state, setState] = useState<AccessState>({ kind: 'none' })
  const [asked, setAsked] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another `asked` is another question
  useEffect(() => {
    if (connectedSince === null) {
      setState({ kind: 'none' })
      return
    }
    let ended = false
    setState((known) => (known.kind === 'known' ? known : { kind: 'loading' }))
    void window.jetway.getAccess({ environment: name }).then((answer) => {
      if (ended) return
      setState(
        answer.ok ? { kind: 'known', access: answer.value } : { kind: 'failed', problem: answer.problem },
      )
    })
    return () => {
      ended = true
    }
  }, [name, connectedSince, asked])
  const again = useCallback(() => setAsked((count) => count + 1), [])
  return { state, again }
}
