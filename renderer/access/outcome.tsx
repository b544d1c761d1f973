import type { Problem } from '#shared/errors/problem.ts'
import { ProblemMessage } from '../components/message.tsx'

interface OutcomeProps {
  readonly failure: Problem | null
  /** What was done; it shows by itself, so it is said to screen readers alone. */
  readonly said: string
}

/** What came of what somebody has pressed. */
export function Outcome({ failure, said }: OutcomeProps) {
  return (
    <>
      {failure !== null && <ProblemMessage problem={failure} />}
      <p role="status" className="visually-hidden">
        {said}
      </p>
    </>
  )
}
