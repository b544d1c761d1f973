import { UserRound } from 'lucide-react'
import { Button } from 'react-aria-components'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { Ask } from '../use-desktop.ts'

interface PersonRowProps {
  readonly environment: EnvironmentStatus
  readonly ask: Ask
}

/** Who I am. */
export function PersonRow({ environment: { name, person, signedIn, signingIn }, ask }: PersonRowProps) {
  if (!signedIn) {
    return (
      <div className="row">
        <span className="tile round" aria-hidden="true">
          <UserRound size={16} />
        </span>
        <p className="text second">Not signed in</p>
        <Button
          className="button link"
          isDisabled={signingIn}
          onPress={() => void ask('signIn', { environment: name })}
        >
          Sign in
        </Button>
      </div>
    )
  }
  return (
    <div className="row">
      <span className="tile round known" aria-hidden="true">
        {initials(person?.name ?? '')}
      </span>
      <div className="text selectable">
        <p className="first ellipsis">{person?.name ?? 'Signed in'}</p>
        {person?.email != null && person.email !== person.name && (
          <p className="second ellipsis">{person.email}</p>
        )}
      </div>
      <Button className="button link" onPress={() => void ask('signOut', { environment: name })}>
        Sign out
      </Button>
    </div>
  )
}

/** `Ana Reyes` → `AR`, `ana@example.com` → `A`. */
function initials(name: string): string {
  const words = name.split('@')[0]?.split(/\s+/) ?? []
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => word?.[0] ?? '')
  return letters.join('').toUpperCase()
}
