import { ClipboardCheck } from 'lucide-react'
import { useState } from 'react'
import { wantedWords } from '#shared/ipc/access-request-words.ts'
import type { AccessRequest, Requestable } from '#shared/ipc/access-requests.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { RequestsKnown } from '#shared/ipc/desktop.ts'
import { AskDialog } from '../access/ask-dialog.tsx'
import { fateWords, stands } from '../access/request-words.ts'
import { covering } from '../access/requestable.ts'
import { Button } from '../components/button.tsx'
import { ProblemMessage } from '../components/message.tsx'
import { useAsk } from '../use-desktop.ts'
import { useNow } from '../use-now.ts'

interface AskForAccessProps {
  readonly environment: EnvironmentStatus
  readonly requests: RequestsKnown | undefined
  /** What was refused. */
  readonly entry: ActivityEntry
}

/** The way to what was refused: a request where the policy takes one for it, else a text for somebody who can help. */
export function AskForAccess({ environment, requests, entry }: AskForAccessProps) {
  const known = requests?.kind === 'known' ? requests.requests : null
  const fitting = known === null ? [] : covering(known.requestable, entry)
  const own = (known?.mine ?? []).filter(
    (request) => stands(request) && fitting.some(({ policy }) => policy === request.policy),
  )
  const given = own.filter(({ state }) => state === 'approved')
  const asked =
    given.find((request) => isSince(request, entry)) ?? own.find(({ state }) => state === 'waiting')
  if (asked !== undefined) return <Asked request={asked} />
  // What was there already when this was refused does not help.
  const [first, ...others] = fitting.filter((option) => given.every(({ policy }) => policy !== option.policy))
  return first === undefined ? (
    <CopyRequest environment={environment.name} entry={entry} />
  ) : (
    <AskByRequest environment={environment} options={[first, ...others]} />
  )
}

/** The relay tells whole seconds. */
function isSince({ decision }: AccessRequest, { time }: ActivityEntry): boolean {
  return decision !== null && Date.parse(decision.at) + 1000 > Date.parse(time)
}

interface AskByRequestProps {
  readonly environment: EnvironmentStatus
  readonly options: readonly [Requestable, ...Requestable[]]
}

function AskByRequest({ environment, options }: AskByRequestProps) {
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <p>You can ask for {wantedWords(options[0])}.</p>
      <Button size="small" isDisabled={environment.state !== 'connected'} onPress={() => setAsking(true)}>
        Ask for access
      </Button>
      {isAsking && <AskDialog environment={environment} options={options} onClose={() => setAsking(false)} />}
    </>
  )
}

function Asked({ request }: { readonly request: AccessRequest }) {
  const now = useNow(20_000)
  const what = wantedWords(request)
  return (
    <p role="status" className="selectable">
      {request.state === 'waiting'
        ? `You have asked for ${what}. ${fateWords(request, now)}.`
        : `You have been given ${what} since. Try it again.`}
    </p>
  )
}

interface CopyRequestProps {
  readonly environment: string
  readonly entry: ActivityEntry
}

function CopyRequest({ environment, entry }: CopyRequestProps) {
  const { ask, failure } = useAsk()
  const [isCopied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    const answer = await ask('copyAccessRequest', { environment, entry: entry.id })
    setCopied(answer.ok)
  }
  return (
    <>
      <p role="status" className="selectable">
        {isCopied && (
          <>
            <ClipboardCheck className="activity-copied" size={14} aria-hidden="true" />
            Your request is on the clipboard.{' '}
          </>
        )}
        {entry.problem?.action}
      </p>
      <Button size="small" onPress={() => void copy()}>
        {isCopied ? 'Copy again' : 'Copy a request'}
      </Button>
      {failure !== null && <ProblemMessage problem={failure} />}
    </>
  )
}
