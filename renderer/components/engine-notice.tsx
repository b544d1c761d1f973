import type { Problem } from '#shared/errors/problem.ts'
import type { EnginePhase } from '#shared/ipc/desktop.ts'
import { ProblemMessage } from './message.tsx'

interface EngineNoticeProps {
  readonly phase: EnginePhase
  readonly problem: Problem | null
}

/** The moment before the engine answers for the first time; mostly too short to be read. */
export function EngineNotice({ phase, problem }: EngineNoticeProps) {
  return (
    <main className="welcome">
      <p role="status" className="soft">
        {phase === 'starting' ? 'Starting…' : 'Starting again…'}
      </p>
      {problem !== null && (
        <section className="stage tone-wait" aria-label="Problem">
          <ProblemMessage problem={problem} />
        </section>
      )}
    </main>
  )
}
