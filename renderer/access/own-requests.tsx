import { useState } from 'react'
import { wantedWords } from '#shared/ipc/access-request-words.ts'
import type { AccessRequest, AccessRequests, Requestable } from '#shared/ipc/access-requests.ts'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { useAsk } from '../use-desktop.ts'
import { Outcome } from './outcome.tsx'
import { RequestList } from './request-list.tsx'
import { RequestRow } from './request-row.tsx'
import { stands } from './request-words.ts'

interface OwnRequestsProps {
  readonly environment: string
  readonly requests: AccessRequests
  readonly shown: string | null
  readonly canAct: boolean
  readonly onDialogClosed: () => void
  readonly onAsk: (option: Requestable) => void
}

/** What the person has asked for, what has come of it, and the way back. */
export function OwnRequests(props: OwnRequestsProps) {
  const { environment, requests, shown, canAct, onDialogClosed, onAsk } = props
  const { mine, requestable } = requests
  const askable = requestable.filter(({ policy }) =>
    mine.every((request) => request.policy !== policy || !stands(request)),
  )
  const { ask, failure } = useAsk()
  const [givingBack, setGivingBack] = useState<AccessRequest | null>(null)
  const [said, setSaid] = useState('')
  const end = async ({ id }: AccessRequest, done: string): Promise<void> => {
    if ((await ask('endAccessRequest', { environment, id })).ok) setSaid(done)
  }
  const close = (): void => {
    setGivingBack(null)
    onDialogClosed()
  }
  return (
    <>
      <RequestList
        id="requests-own"
        title="Your requests"
        requests={[...mine.filter(stands), ...mine.filter((request) => !stands(request))]}
        shown={shown}
        row={(request) => {
          const what = wantedWords(request)
          const again = askable.find(({ policy }) => policy === request.policy)
          return (
            <RequestRow key={request.id} request={request} isOwn>
              {request.state === 'waiting' && (
                <Button
                  size="small"
                  isDisabled={!canAct}
                  aria-label={`Withdraw the request for ${what}`}
                  onPress={() => void end(request, `Withdrawn: ${what}`)}
                >
                  Withdraw
                </Button>
              )}
              {request.state === 'approved' && (
                <Button
                  size="small"
                  isDisabled={!canAct}
                  aria-label={`Give back ${what}`}
                  onPress={() => setGivingBack(request)}
                >
                  Give back
                </Button>
              )}
              {again !== undefined && (
                <Button
                  kind="quiet"
                  size="small"
                  isDisabled={!canAct}
                  aria-label={`Ask again for ${what}`}
                  onPress={() => onAsk(again)}
                >
                  Ask again
                </Button>
              )}
            </RequestRow>
          )
        }}
      />
      <Outcome failure={failure} said={said} />
      {givingBack !== null && (
        <Dialog
          role="alertdialog"
          title={`Give back ${wantedWords(givingBack)}?`}
          isOpen
          onClose={close}
          actions={
            <>
              <Button autoFocus onPress={close}>
                Keep
              </Button>
              <Button
                kind="danger"
                onPress={() => {
                  close()
                  void end(givingBack, `Given back: ${wantedWords(givingBack)}`)
                }}
              >
                Give back
              </Button>
            </>
          }
        >
          <p>You lose it at once. For more you have to ask anew.</p>
        </Dialog>
      )}
    </>
  )
}
