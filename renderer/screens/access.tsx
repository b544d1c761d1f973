import { KeyRound, TriangleAlert } from 'lucide-react'
import { useRef, useState } from 'react'
import type { Access } from '#shared/ipc/access.ts'
import type { Requestable } from '#shared/ipc/access-requests.ts'
import type { RequestsKnown } from '#shared/ipc/desktop.ts'
import { AskDialog } from '../access/ask-dialog.tsx'
import { CanAskFor } from '../access/can-ask-for.tsx'
import { KnownAccess } from '../access/known-access.tsx'
import { OwnRequests } from '../access/own-requests.tsx'
import { stands } from '../access/request-words.ts'
import { covering } from '../access/requestable.ts'
import { ToDecide } from '../access/to-decide.tsx'
import { useLanding } from '../access/use-landing.ts'
import { Button } from '../components/button.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { ProblemMessage } from '../components/message.tsx'
import { Unavailable } from '../components/unavailable.tsx'
import { type AccessState, useAccess } from '../use-access.ts'
import type { ScreenProps } from './screens.ts'

type Options = readonly [Requestable, ...Requestable[]]

/** What waits for the person's decision, what they have asked for, and what they may do here, why, and how to get more. */
export function AccessScreen({ environment, desktop, ask, wanted }: ScreenProps) {
  const known = desktop.accessRequests[environment.name]
  const { state, again } = useAccess(environment, known)
  const [asking, setAsking] = useState<Options | null>(null)
  const root = useRef<HTMLDivElement>(null)
  const land = useLanding(root, known)
  const isEngineRunning = desktop.engine === 'running'
  if (state.kind === 'none' || (state.kind !== 'known' && !isEngineRunning)) {
    return <Unavailable environment={environment} isEngineRunning={isEngineRunning} what="what you may do" />
  }
  const requests = known?.kind === 'known' ? known.requests : null
  const standing = new Set(requests?.mine.filter(stands).map(({ policy }) => policy))
  const open = requests?.requestable.filter(({ policy }) => !standing.has(policy)) ?? []
  const canAct = isEngineRunning && environment.state === 'connected'
  const askFor = (options: readonly Requestable[]): (() => void) | null => {
    const [first, ...others] = options
    return first === undefined || !canAct ? null : () => setAsking([first, ...others])
  }
  return (
    <div className="access" ref={root}>
      {known?.kind === 'failed' && (
        <ProblemMessage
          problem={known.problem}
          actions={
            <Button
              size="small"
              onPress={() => void ask('watchAccessRequests', { environment: environment.name })}
            >
              Try again
            </Button>
          }
        />
      )}
      {requests !== null && (
        <>
          <ToDecide
            environment={environment}
            requests={requests}
            wanted={wanted}
            canAct={canAct}
            onDialogClosed={land}
          />
          <OwnRequests
            environment={environment.name}
            requests={requests}
            shown={wanted?.request ?? null}
            canAct={canAct}
            onDialogClosed={land}
            onAsk={(option) => setAsking([option])}
          />
        </>
      )}
      <Allowed state={state} onAgain={again} askFor={(verb, dag) => askFor(covering(open, { verb, dag }))} />
      {requests !== null && (
        <CanAskFor requests={requests} canAct={canAct} onAsk={(option) => setAsking([option])} />
      )}
      {known === undefined && (
        <p role="status" className="second">
          Looking up what you can ask for…
        </p>
      )}
      {state.kind === 'known' && <Notes access={state.access} known={known} />}
      {asking !== null && (
        <AskDialog
          environment={environment}
          options={asking}
          onClose={() => {
            setAsking(null)
            land()
          }}
        />
      )}
    </div>
  )
}

interface AllowedProps {
  readonly state: AccessState
  readonly onAgain: () => void
  readonly askFor: (verb: string, dag: string | null) => (() => void) | null
}

function Allowed({ state, onAgain, askFor }: AllowedProps) {
  if (state.kind === 'known') return <KnownAccess access={state.access} onAgain={onAgain} askFor={askFor} />
  if (state.kind !== 'failed') return <EmptyState icon={KeyRound} title="Asking the relay…" />
  const { title, detail, action } = state.problem
  return (
    <EmptyState icon={TriangleAlert} title={title} action={<Button onPress={onAgain}>Try again</Button>}>
      {detail} {action}
    </EmptyState>
  )
}

/** What this screen cannot know, and whom to ask. */
function Notes({ access, known }: { readonly access: Access; readonly known: RequestsKnown | undefined }) {
  const { contact, otherPolicies, omitted, services } = access
  // Where there is nothing, that is said with the reason.
  if (services.every(({ grants }) => grants.length === 0)) return null
  return (
    <footer className="access-notes selectable">
      <p>
        Conditions, tags and the rules of your company are looked at with each request, and may decide
        otherwise.
        {otherPolicies > 0 && ` ${otherPolicies} of these rules (Cedar) may concern you and are not listed.`}
        {omitted > 0 && ` ${omitted} more grants and rules are left out here.`}
      </p>
      <p>
        Do you need more? {known?.kind === 'none' && 'This relay takes no requests for access. '}
        {contact}
      </p>
    </footer>
  )
}
