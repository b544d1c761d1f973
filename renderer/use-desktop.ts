import { useCallback, useEffect, useState } from 'react'
import type { Problem } from '#shared/errors/problem.ts'
import type {
  DesktopMethod,
  DesktopParams,
  DesktopRequests,
  DesktopResult,
  DesktopState,
  DesktopValue,
} from '#shared/ipc/desktop.ts'

/** What main knows, kept up to date; null until its first answer. */
export function useDesktopState(): DesktopState | null {
  const [state, setState] = useState<DesktopState | null>(null)
  useEffect(() => {
    let told = false
    const end = window.jetway.onState((next) => {
      told = true
      setState(next)
    })
    void window.jetway.getState({}).then((answer) => {
      // A change that came in the meantime is newer than this answer.
      if (answer.ok && !told) setState(answer.value)
    })
    return end
  }, [])
  return state
}

/** Asks main for something. Failures that no status tells are kept until the next request. */
export type Ask = <M extends DesktopMethod>(
  method: M,
  params: DesktopParams[M],
) => Promise<DesktopResult<DesktopValue<M>>>

export function useAsk(): { readonly ask: Ask; readonly failure: Problem | null } {
  const [failure, setFailure] = useState<Problem | null>(null)
  const ask = useCallback<Ask>(async (method, params) => {
    setFailure(null)
    const requests: DesktopRequests = window.jetway
    const answer = await requests[method](params)
    if (!answer.ok) setFailure(answer.problem)
    return answer
  }, [])
  return { ask, failure }
}
