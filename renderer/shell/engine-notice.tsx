import type { Problem } from '#shared/errors/problem.ts'
import type { EnginePhase } from '#shared/ipc/desktop.ts'
import appIcon from '../../build/icons/app.svg'
import { ProblemMessage } from '../components/message.tsx'

interface EngineNoticeProps {
  readonly phase: EnginePhase
  readonly problem: Problem | null
}

/** The moment before the engine answers for the first time; mostly too short to be read. */
export function EngineNotice({ phase, problem }: EngineNoticeProps) {
  return (
    <main className="welcome">
      <div className="welcome-column">
        <img className="mark" src={appIcon} alt="" />
        <h1>Jetway</h1>
        <p role="status" className="soft">
          {phase === 'starting' ? 'Starting…' : 'Starting again…'}
        </p>
        {problem !== null && <ProblemMessage problem={problem} />}
      </div>
    </main>
  )
}
