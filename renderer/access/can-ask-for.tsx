import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { duration } from '#shared/duration.ts'
import { wantedWords } from '#shared/ipc/access-request-words.ts'
import type { AccessRequests, Requestable } from '#shared/ipc/access-requests.ts'
import { Badge } from '../components/badge.tsx'
import { Button } from '../components/button.tsx'
import { Card } from '../components/card.tsx'
import { Row } from '../components/row.tsx'
import { ShowMore } from '../components/show-more.tsx'
import { approverWords, stands, verbsWords } from './request-words.ts'

interface CanAskForProps {
  readonly requests: AccessRequests
  readonly canAct: boolean
  readonly onAsk: (option: Requestable) => void
}

const few = 6

/** What the policy lets this person ask for; nothing for nothing. */
export function CanAskFor({ requests: { requestable, mine, omitted }, canAct, onAsk }: CanAskForProps) {
  const [isOpen, setOpen] = useState(false)
  if (requestable.length === 0) return null
  const seen = isOpen ? requestable : requestable.slice(0, few)
  const left = requestable.length - seen.length
  return (
    <Card title="You can ask for">
      <ul className="plain-list can-ask-for">
        {seen.map((option) => {
          const what = wantedWords(option)
          const own = mine.find((request) => request.policy === option.policy && stands(request))
          return (
            <Row
              key={option.policy}
              tile={<KeyRound size={16} />}
              title={<span title={what}>{what}</span>}
              detail={
                <>
                  <p className="ellipsis">{verbsWords(option)}</p>
                  <p className="ellipsis">
                    For {duration(option.longestSeconds * 1000)} at most; decided by{' '}
                    {approverWords(option.approvers)}
                  </p>
                </>
              }
            >
              {own === undefined ? (
                <Button
                  size="small"
                  isDisabled={!canAct}
                  aria-label={`Ask for ${what}`}
                  onPress={() => onAsk(option)}
                >
                  Ask
                </Button>
              ) : (
                <Badge tone={own.state === 'approved' ? 'ok' : 'wait'}>
                  {own.state === 'approved' ? 'Given' : 'Asked'}
                </Badge>
              )}
            </Row>
          )
        })}
      </ul>
      <ShowMore left={left} onPress={() => setOpen(true)} />
      {omitted > 0 && <p className="card-empty">{omitted} more requests and rules are left out here.</p>}
    </Card>
  )
}
