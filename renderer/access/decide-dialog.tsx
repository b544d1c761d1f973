import { useState } from 'react'
import { scopeWords, wantedWords } from '#shared/ipc/access-request-words.ts'
import type { AccessRequest } from '#shared/ipc/access-requests.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { maxReasonChars } from '#shared/ipc/reason.ts'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Message, ProblemMessage } from '../components/message.tsx'
import { TextArea } from '../components/text-area.tsx'
import { useAsk } from '../use-desktop.ts'
import { RequestFacts } from './request-facts.tsx'
import { lengthWords } from './request-words.ts'

export type Decision = 'approve' | 'deny'

interface DecideDialogProps {
  readonly environment: EnvironmentStatus
  readonly request: AccessRequest
  readonly decision: Decision
  /** Whether somebody else was faster. */
  readonly isOver: boolean
  readonly onClose: (isDone: boolean) => void
}

/** The last look at a request, and a word with the decision. */
export function DecideDialog({ environment, request, decision, isOver, onClose }: DecideDialogProps) {
  const { ask, failure } = useAsk()
  const [note, setNote] = useState('')
  const [isPending, setPending] = useState(false)
  const { id, name, email, role, policy, dags, tags, reason } = request
  const decide = async (): Promise<void> => {
    setPending(true)
    const params = {
      environment: environment.name,
      id,
      decision,
      note: note.trim() === '' ? null : note.trim(),
    }
    const { ok } = await ask('decideAccessRequest', params)
    setPending(false)
    if (ok) onClose(true)
  }
  const isBeaten = isOver && !isPending
  const close = (): void => onClose(false)
  return (
    <Dialog
      title={decision === 'approve' ? `Approve ${wantedWords(request)}?` : `Deny ${wantedWords(request)}?`}
      isOpen
      onClose={close}
      actions={
        <>
          <Button onPress={close}>{isBeaten ? 'Close' : 'Cancel'}</Button>
          {!isBeaten && (
            <Button
              kind={decision === 'approve' ? 'primary' : 'danger'}
              isPending={isPending}
              onPress={() => void decide()}
            >
              {decision === 'approve' ? `Approve for ${lengthWords(request)}` : 'Deny'}
            </Button>
          )}
        </>
      }
    >
      <RequestFacts
        environment={environment}
        facts={[
          ['Who', email === null || email === name ? name : `${name}, ${email}`],
          ['Role', role === '' ? policy : role],
          ...(dags.length === 0 ? [] : [['DAGs', scopeWords({ dags, tags })] as const]),
          ['For', lengthWords(request)],
          ['Reason', reason],
        ]}
      />
      {isBeaten ? (
        <Message title="This does not wait any more">
          <p>Somebody else has decided, or it was withdrawn.</p>
        </Message>
      ) : (
        <TextArea
          label="Note, if you like"
          hint={`${name} reads it, and it is kept with the decision.`}
          value={note}
          maxLength={maxReasonChars}
          autoFocus
          onChange={setNote}
        />
      )}
      {failure !== null && !isBeaten && <ProblemMessage problem={failure} />}
    </Dialog>
  )
}
