import { useCallback, useEffect, useState } from 'react'
import type { Problem } from '#shared/errors/problem.ts'
import type { Access } from '#shared/ipc/access.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { RequestsKnown } from '#shared/ipc/desktop.ts'

export type AccessState =
  | { readonly kind: 'none' | 'loading' }
  | { readonly kind: 'known'; readonly access: Access }
  | { readonly kind: 'failed'; readonly problem: Problem }

/**
 * What the person may do there: asked when it is connected, at each new connection, and when access that they asked for is
 * given or ends. `none` until then; `again` asks once more.
 */
export function useAccess(
  { name, connectedSince }: EnvironmentStatus,
  requests: RequestsKnown | undefined,
): {
  readonly state: AccessState
  readonly again: () => void
} {
  const [state, setState] = useState<AccessState>({ kind: 'none' })
  const [asked, setAsked] = useState(0)
  const given = givenOf(requests)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another `asked` or `given` is another question
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
  }, [name, connectedSince, asked, given])
  const again = useCallback(() => setAsked((count) => count + 1), [])
  return { state, again }
}

/** Which requests of the person's own give them something now. */
function givenOf(requests: RequestsKnown | undefined): string {
  if (requests?.kind !== 'known') return ''
  return requests.requests.mine
    .filter(({ state }) => state === 'approved')
    .map(({ id }) => id)
    .join()
}
