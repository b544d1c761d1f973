import { ArrowRight, CircleCheck, CircleDashed, CircleX, LoaderCircle, TriangleAlert } from 'lucide-react'
import type { Finding } from '#shared/ipc/finding.ts'
import { milliseconds } from '../format.ts'
import { type Check, checks } from './findings.ts'

const looks = {
  waiting: { Icon: CircleDashed, words: 'Not begun' },
  running: { Icon: LoaderCircle, words: 'Looking' },
  ok: { Icon: CircleCheck, words: 'Fine' },
  warning: { Icon: TriangleAlert, words: 'Needs a look' },
  failed: { Icon: CircleX, words: 'Does not work' },
  skipped: { Icon: CircleDashed, words: 'Not looked at' },
} as const

interface FindingRowProps {
  readonly check: Check
  /** Null for one that has not begun. */
  readonly finding: Finding | null
}

/** One step on the way, how it is and what to do about it. */
export function FindingRow({ check, finding }: FindingRowProps) {
  const state = finding?.state ?? 'waiting'
  const { Icon, words } = looks[state]
  const isDone = state !== 'waiting' && state !== 'running' && state !== 'skipped'
  return (
    <li className={`finding ${state}`}>
      <span className="finding-state">
        <Icon className={state === 'running' ? 'spin' : ''} size={17} aria-hidden="true" />
        <span className="visually-hidden">{words}: </span>
      </span>
      <h3>{checks[check]}</h3>
      <div className="finding-words selectable">
        <p>{finding?.title ?? ''}</p>
        {finding?.detail != null && <p className="finding-detail">{finding.detail}</p>}
        {finding?.action != null && (
          <p className="finding-action">
            <ArrowRight size={14} aria-hidden="true" />
            <span>{finding.action}</span>
          </p>
        )}
      </div>
      <span className="finding-time">
        {isDone && finding !== null ? milliseconds(finding.durationMs) : ''}
      </span>
    </li>
  )
}
