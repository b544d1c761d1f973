import type { ReactNode } from 'react'
import { wantedWords } from '#shared/ipc/access-request-words.ts'
import type { AccessRequest } from '#shared/ipc/access-requests.ts'
import { Badge } from '../components/badge.tsx'
import { initials } from '../initials.ts'
import { useNow } from '../use-now.ts'
import { fateWords, lengthWords, stateOf } from './request-words.ts'

interface RequestRowProps {
  readonly request: AccessRequest
  /** Whether it is the person's own: then it says how it stands, else who asks. */
  readonly isOwn?: boolean
  /** What can be done with it. */
  readonly children?: ReactNode
}

/** Who wants what, for how long and why, and what has come of it. */
export function RequestRow({ request, isOwn = false, children }: RequestRowProps) {
  const now = useNow(20_000)
  const { id, name, email, reason, decision } = request
  const { words, tone } = stateOf(request, now)
  const what = wantedWords(request)
  return (
    <li className="request" id={rowId(id)} tabIndex={-1} aria-label={isOwn ? what : `${name}: ${what}`}>
      {!isOwn && (
        <span className="avatar known" aria-hidden="true">
          {initials(name)}
        </span>
      )}
      <div className="text selectable">
        <div className="request-title">
          {isOwn ? (
            <p className="first request-what">{what}</p>
          ) : (
            <p className="first ellipsis" title={email ?? name}>
              <bdi>{name}</bdi>
              {email !== null && email !== name && <span className="second"> {email}</span>}
            </p>
          )}
          {(isOwn || request.state !== 'waiting') && <Badge tone={tone}>{words}</Badge>}
        </div>
        {!isOwn && (
          <p className="request-what">
            {what}, for {lengthWords(request)}
          </p>
        )}
        <p className="request-reason">
          <bdi>{reason}</bdi>
        </p>
        <p className="second">
          {isOwn && `For ${lengthWords(request)}. `}
          {fateWords(request, now)}
          {decision?.note != null && (
            <>
              : “<bdi>{decision.note}</bdi>”
            </>
          )}
        </p>
      </div>
      {children !== undefined && <div className="request-buttons">{children}</div>}
    </li>
  )
}

/** For who brings the focus there. */
export function rowId(request: string): string {
  return `request-${request}`
}
