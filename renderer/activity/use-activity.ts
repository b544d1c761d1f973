import { useEffect, useRef, useState } from 'react'
import type { Problem } from '#shared/errors/problem.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { ActivityLog } from './activity-log.ts'

/** The log of the environment that was looked at last, so that it is still there when the person comes back to it. */
let kept: { readonly environment: string; readonly log: ActivityLog } | null = null

function logOf(environment: string): ActivityLog {
  if (kept?.environment !== environment) {
    kept = { environment, log: new ActivityLog((run) => requestAnimationFrame(run)) }
  }
  return kept.log
}

export interface Activity {
  readonly log: ActivityLog
  /** Whether it is known what went through lately. */
  readonly isWatching: boolean
  /** Why there is nothing to watch. */
  readonly problem: Problem | null
  readonly retry: () => void
}

/** @param canWatch false while there is nobody to ask */
export function useActivity(
  { name: environment, connectedSince }: Pick<EnvironmentStatus, 'name' | 'connectedSince'>,
  canWatch: boolean,
): Activity {
  const log = logOf(environment)
  const [isWatching, setWatching] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [attempt, setAttempt] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt watches anew
  useEffect(() => {
    if (!canWatch) return
    /** What comes before the answer does, which may have it too. */
    let early: ActivityEntry[] | null = []
    let isOver = false
    const end = window.jetway.onActivity(({ environment: of, entries, lost }) => {
      if (of !== environment) return
      if (early === null) log.append(entries, lost)
      else early.push(...entries)
    })
    void window.jetway.watchActivity({ environment }).then((answer) => {
      if (isOver) return
      if (answer.ok) {
        log.begin([...answer.value, ...(early ?? [])])
        early = null
      }
      setWatching(answer.ok)
      setProblem(answer.ok ? null : answer.problem)
    })
    return () => {
      isOver = true
      end()
      setWatching(false)
      void window.jetway.unwatchActivity({ environment })
    }
  }, [environment, canWatch, log, attempt])

  // Watching lasts over connections. But a new one may have begun without us, or with a relay that does not tell.
  const known = useRef(connectedSince)
  useEffect(() => {
    if (!canWatch || connectedSince === null || connectedSince === known.current) return
    known.current = connectedSince
    let isOver = false
    void window.jetway.watchActivity({ environment }).then((answer) => {
      if (isOver) return
      if (answer.ok) log.append(answer.value)
      setProblem(answer.ok ? null : answer.problem)
    })
    return () => {
      isOver = true
    }
  }, [environment, canWatch, connectedSince, log])

  return { log, isWatching, problem, retry: () => setAttempt((n) => n + 1) }
}
