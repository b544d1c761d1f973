import { useEffect, useState } from 'react'
import { waitingOf, wantedWords } from '#shared/ipc/access-request-words.ts'
import type { AccessRequest, AccessRequests } from '#shared/ipc/access-requests.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { Button } from '../components/button.tsx'
import { Message } from '../components/message.tsx'
import { useAsk } from '../use-desktop.ts'
import type { Wanted } from '../wanted.ts'
import { DecideDialog, type Decision } from './decide-dialog.tsx'
import { Outcome } from './outcome.tsx'
import { RequestList } from './request-list.tsx'
import { RequestRow, rowId } from './request-row.tsx'

interface ToDecideProps {
  readonly environment: EnvironmentStatus
  readonly requests: AccessRequests
  /** What the person has come for. */
  readonly wanted: Wanted | null
  /** Whether there is a connection to decide over. */
  readonly canAct: boolean
  readonly onDialogClosed: () => void
}

const waitingTitle = 'requests-waiting'

/** What waits for this person's decision, and what they have given that still holds. */
export function ToDecide({ environment, requests, wanted, canAct, onDialogClosed }: ToDecideProps) {
  const { ask, failure } = useAsk()
  const [open, setOpen] = useState<{ readonly request: AccessRequest; readonly decision: Decision } | null>(
    null,
  )
  const [said, setSaid] = useState('')
  const waiting = waitingOf(requests)
  const given = requests.toDecide.filter(({ state }) => state === 'approved')
  useEffect(() => {
    if (wanted === null) return
    const row = wanted.request === null ? null : document.getElementById(rowId(wanted.request))
    const target = row ?? document.getElementById(waitingTitle)
    target?.focus()
    target?.scrollIntoView({ block: 'nearest' })
  }, [wanted])

  const takeBack = async (request: AccessRequest): Promise<void> => {
    const { ok } = await ask('endAccessRequest', { environment: environment.name, id: request.id })
    if (ok) setSaid(`Taken back: ${wantedWords(request)} of ${request.name}`)
  }
  const button = (request: AccessRequest, decision: Decision) => (
    <Button
      size="small"
      kind={decision === 'approve' ? 'primary' : 'plain'}
      isDisabled={!canAct}
      aria-label={`${decisionWords[decision]} ${wantedWords(request)} of ${request.name}`}
      onPress={() => setOpen({ request, decision })}
    >
      {decisionWords[decision]}
    </Button>
  )
  const isMissed = wanted !== null && !has(requests, wanted)
  return (
    <>
      {isMissed && <Message title="This request does not wait any more" tone="idle" />}
      <RequestList
        id={waitingTitle}
        title="Waiting for you"
        requests={waiting}
        shown={wanted?.request ?? null}
        row={(request) => (
          <RequestRow key={request.id} request={request}>
            {button(request, 'deny')}
            {button(request, 'approve')}
          </RequestRow>
        )}
      />
      <RequestList
        id="requests-given"
        title="Approved by you"
        requests={given}
        row={(request) => (
          <RequestRow key={request.id} request={request}>
            <Button
              size="small"
              isDisabled={!canAct}
              aria-label={`Take back ${wantedWords(request)} of ${request.name}`}
              onPress={() => void takeBack(request)}
            >
              Take back
            </Button>
          </RequestRow>
        )}
      />
      <Outcome failure={failure} said={said} />
      {open !== null && (
        <DecideDialog
          environment={environment}
          {...open}
          isOver={!waiting.some(({ id }) => id === open.request.id)}
          onClose={(isDone) => {
            setOpen(null)
            onDialogClosed()
            if (isDone)
              setSaid(`${doneWords[open.decision]}: ${wantedWords(open.request)} of ${open.request.name}`)
          }}
        />
      )}
    </>
  )
}

const decisionWords: Readonly<Record<Decision, string>> = { approve: 'Approve', deny: 'Deny' }
const doneWords: Readonly<Record<Decision, string>> = { approve: 'Approved', deny: 'Denied' }

/** Also among the person's own, of which they may have been told. */
function has({ toDecide, mine }: AccessRequests, { request }: Wanted): boolean {
  return request === null ? toDecide.length > 0 : [...toDecide, ...mine].some(({ id }) => id === request)
}
