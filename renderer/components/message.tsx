import type { ReactNode } from 'react'
import type { Problem } from '#shared/errors/problem.ts'
import type { Tone } from './badge.tsx'

interface MessageProps {
  readonly title: string
  readonly tone?: Tone
  readonly children?: ReactNode
  readonly actions?: ReactNode
}

/** Something that a person should know now. Screen readers say it when it comes. */
export function Message({ title, tone = 'wait', children, actions }: MessageProps) {
  return (
    <div className={`message tone-${tone}`} role="status">
      <div className="message-text selectable">
        <p className="message-title">{title}</p>
        {children}
      </div>
      {actions !== undefined && <div className="message-actions">{actions}</div>}
    </div>
  )
}

interface ProblemMessageProps {
  readonly problem: Problem
  /** What can be done about it here. */
  readonly actions?: ReactNode
}

/** What happened and what to do about it. */
export function ProblemMessage({ problem, actions }: ProblemMessageProps) {
  return (
    <Message title={problem.title} actions={actions}>
      <p>{problem.detail}</p>
      <p>{problem.action}</p>
    </Message>
  )
}
