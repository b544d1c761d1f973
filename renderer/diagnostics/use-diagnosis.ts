import { useEffect, useState } from 'react'
import type { Problem } from '#shared/errors/problem.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import type { Findings } from './findings.ts'

export interface Diagnosis {
  readonly findings: Findings
  readonly isRunning: boolean
  /** Why nothing could be looked at. */
  readonly problem: Problem | null
  readonly lookAgain: () => void
}

/** Looks at everything when the screen opens, and when it is asked to again. */
export function useDiagnosis(environment: string, canLook: boolean): Diagnosis {
  const [findings, setFindings] = useState<Findings>({})
  const [isRunning, setRunning] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [attempt, setAttempt] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt looks anew
  useEffect(() => {
    if (!canLook) return
    let isOver = false
    const add = (finding: Finding): void => setFindings((known) => ({ ...known, [finding.check]: finding }))
    const end = window.jetway.onFinding((told) => {
      if (told.environment === environment) add(told.finding)
    })
    setFindings({})
    setRunning(true)
    void window.jetway.diagnose({ environment }).then((answer) => {
      if (isOver) return
      setRunning(false)
      setProblem(answer.ok ? null : answer.problem)
      if (answer.ok) answer.value.forEach(add)
    })
    return () => {
      isOver = true
      end()
      setRunning(false)
    }
  }, [environment, canLook, attempt])

  return { findings, isRunning, problem, lookAgain: () => setAttempt((n) => n + 1) }
}
