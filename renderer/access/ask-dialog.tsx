import { useState } from 'react'
import { duration } from '#shared/duration.ts'
import { wantedWords } from '#shared/ipc/access-request-words.ts'
import type { Requestable } from '#shared/ipc/access-requests.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { maxReasonChars } from '#shared/ipc/reason.ts'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { ProblemMessage } from '../components/message.tsx'
import { Select } from '../components/select.tsx'
import { TextArea } from '../components/text-area.tsx'
import { useAsk } from '../use-desktop.ts'
import { RequestFacts } from './request-facts.tsx'
import { approverWords, verbsWords } from './request-words.ts'
import { timesFor, usualTime } from './requestable.ts'

interface AskDialogProps {
  readonly environment: EnvironmentStatus
  /** What it may be; the first is proposed. */
  readonly options: readonly [Requestable, ...Requestable[]]
  readonly onClose: () => void
}

/** What, why, for how long, and who decides. */
export function AskDialog({ environment, options, onClose }: AskDialogProps) {
  const { ask, failure } = useAsk()
  const [policy, setPolicy] = useState(options[0].policy)
  const [reason, setReason] = useState('')
  const [seconds, setSeconds] = useState<number | null>(null)
  const [isPending, setPending] = useState(false)
  const chosen = options.find((option) => option.policy === policy) ?? options[0]
  const times = timesFor(chosen)
  const time = seconds !== null && times.includes(seconds) ? seconds : usualTime(chosen)
  const isComplete = reason.trim() !== ''

  const send = async (): Promise<void> => {
    setPending(true)
    const { ok } = await ask('requestAccess', {
      environment: environment.name,
      policy: chosen.policy,
      reason: reason.trim(),
      seconds: time,
    })
    setPending(false)
    if (ok) onClose()
  }
  return (
    <Dialog
      title="Ask for access"
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" isDisabled={!isComplete} isPending={isPending} onPress={() => void send()}>
            Ask
          </Button>
        </>
      }
    >
      <RequestFacts
        environment={environment}
        facts={[
          ...(options.length > 1 ? [] : [['What', wantedWords(chosen)] as const]),
          ['Lets you', verbsWords(chosen)],
          ...(chosen.conditions.length === 0 ? [] : [['Conditions', chosen.conditions.join('; ')] as const]),
          ['Decided by', approverWords(chosen.approvers)],
        ]}
      />
      {options.length > 1 && (
        <Select
          label="What"
          value={chosen.policy}
          options={options.map((option) => ({ id: option.policy, label: wantedWords(option) }))}
          onChange={setPolicy}
        />
      )}
      <Select
        label="For how long"
        value={String(time)}
        options={times.map((one) => ({ id: String(one), label: duration(one * 1000) }))}
        onChange={(one) => setSeconds(Number(one))}
      />
      <TextArea
        label="Why you need it"
        hint="Those who decide read it, and it is kept with the decision."
        value={reason}
        maxLength={maxReasonChars}
        isRequired
        autoFocus
        onChange={setReason}
      />
      {failure !== null && <ProblemMessage problem={failure} />}
    </Dialog>
  )
}
