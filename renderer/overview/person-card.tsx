import { UserRound } from 'lucide-react'
import { duration } from '#shared/duration.ts'
import type { Access } from '#shared/ipc/access.ts'
import { isApprovedGroup } from '#shared/ipc/approved-group.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { RequestsKnown } from '#shared/ipc/desktop.ts'
import { Badge } from '../components/badge.tsx'
import { Button } from '../components/button.tsx'
import { Card } from '../components/card.tsx'
import { initials } from '../initials.ts'
import { useAccess } from '../use-access.ts'
import type { Ask } from '../use-desktop.ts'
import { useNow } from '../use-now.ts'

interface PersonCardProps {
  readonly environment: EnvironmentStatus
  readonly canAsk: boolean
  readonly requests: RequestsKnown | undefined
  readonly ask: Ask
}

/** Who I am, what I am here, and for how long. */
export function PersonCard({ environment, canAsk, requests, ask }: PersonCardProps) {
  const { name, person, signedIn, signingIn, signInEnds } = environment
  const { state } = useAccess(environment, requests)
  if (!signedIn) {
    return (
      <Card title="You">
        <div className="person">
          <span className="avatar" aria-hidden="true">
            <UserRound size={16} />
          </span>
          <p className="text soft">Not signed in</p>
          <Button
            size="small"
            isDisabled={signingIn || !canAsk}
            onPress={() => void ask('signIn', { environment: name })}
          >
            Sign in
          </Button>
        </div>
      </Card>
    )
  }
  const email = person?.email ?? null
  return (
    <Card title="You" aside={signInEnds !== null && <SignInEnds at={signInEnds} />}>
      <div className="person">
        <span className="avatar known" aria-hidden="true">
          {initials(person?.name ?? '')}
        </span>
        <div className="text selectable">
          <p className="first ellipsis">{person?.name ?? 'Signed in'}</p>
          {email !== null && email !== person?.name && <p className="second ellipsis">{email}</p>}
        </div>
      </div>
      {state.kind === 'loading' && <p className="card-empty">Looking up your groups and roles…</p>}
      {state.kind === 'failed' && <p className="card-empty">{state.problem.detail}</p>}
      {state.kind === 'known' && <GroupsAndRoles access={state.access} />}
    </Card>
  )
}

const soonMs = 15 * 60_000

function SignInEnds({ at }: { readonly at: string }) {
  const leftMs = Date.parse(at) - useNow(20_000)
  const tone = leftMs < soonMs ? 'wait' : 'idle'
  return (
    <Badge tone={tone}>{leftMs <= 0 ? 'Sign-in has ended' : `Sign-in ends in ${duration(leftMs)}`}</Badge>
  )
}

function GroupsAndRoles({ access: { person, services, contact } }: { readonly access: Access }) {
  const roles = [...new Set(services.flatMap(({ grants }) => grants.map(({ role }) => role)))]
  if (roles.length === 0) {
    return (
      <div className="person-facts">
        <p className="message-title">You have no role here</p>
        <p className="soft">{person.groupsProblem ?? contact}</p>
      </div>
    )
  }
  return (
    <dl className="person-facts">
      <Words title="Roles" words={roles} />
      <Words title="Groups" words={person.groups.filter((group) => !isApprovedGroup(group))} />
      {person.groupsProblem !== null && <dd className="groups-problem">{person.groupsProblem}</dd>}
    </dl>
  )
}

function Words({ title, words }: { readonly title: string; readonly words: readonly string[] }) {
  if (words.length === 0) return null
  return (
    <>
      <dt>{title}</dt>
      <dd className="selectable">
        {words.map((word) => (
          <span key={word} className="chip ellipsis">
            {word}
          </span>
        ))}
      </dd>
    </>
  )
}
