import { Ban, CircleCheck, TriangleAlert, X } from 'lucide-react'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { RequestsKnown } from '#shared/ipc/desktop.ts'
import { IconButton } from '../components/icon-button.tsx'
import { milliseconds } from '../format.ts'
import { deedOf, outcomeOf, requestOf, timeOf } from './activity-words.ts'
import { AskForAccess } from './ask-for-access.tsx'

interface ActivityDetailProps {
  readonly environment: EnvironmentStatus
  readonly requests: RequestsKnown | undefined
  readonly entry: ActivityEntry
  readonly onClose: () => void
}

/** One line, explained: what was asked, what became of it, why, and what the person can do. */
export function ActivityDetail({ environment, requests, entry, onClose }: ActivityDetailProps) {
  const facts: readonly (readonly [string, string | null])[] = [
    ['DAG', entry.dag === '~' ? 'All of them' : entry.dag],
    ['Run', entry.run === '~' ? 'All of them' : entry.run],
    ['Task', entry.task],
    ['Request', requestOf(entry) || null],
    ['Time', timeOf(entry.time)],
    ['Took', milliseconds(entry.durationMs)],
    ['Agent', entry.agent],
    ['Service', entry.service],
    ['Verb', entry.verb],
    ['Request id', entry.id],
  ]
  return (
    <aside className="activity-detail" aria-label="Details">
      <header>
        <h2>{deedOf(entry)}</h2>
        <IconButton icon={X} label="Close details" onPress={onClose} />
      </header>
      <Decision environment={environment} requests={requests} entry={entry} />
      <dl className="selectable">
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <div key={name} className="activity-fact">
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </aside>
  )
}

function Decision({ environment, requests, entry }: Omit<ActivityDetailProps, 'onClose'>) {
  const { problem, status } = entry
  const outcome = outcomeOf(entry)
  if (outcome === 'denied') {
    return (
      <section className="activity-decision denied" aria-label="Decision">
        <Ban size={16} aria-hidden="true" />
        <div>
          <h3>Denied: {problem?.title ?? 'you may not do this'}</h3>
          {problem !== null && <p className="selectable">{problem.detail}</p>}
          {asksForAccess(entry) ? (
            <AskForAccess key={entry.id} environment={environment} requests={requests} entry={entry} />
          ) : (
            <p className="selectable">{problem?.action}</p>
          )}
        </div>
      </section>
    )
  }
  const Icon = outcome === 'failed' ? TriangleAlert : CircleCheck
  return (
    <section className={`activity-decision ${outcome}`} aria-label="Decision">
      <Icon size={16} aria-hidden="true" />
      <div>
        <h3>{allowedWords(entry)}</h3>
        {problem !== null && <p className="selectable">{`${problem.title}. ${problem.detail}`}</p>}
        {problem !== null && <p className="selectable">{problem.action}</p>}
        {problem === null && outcome === 'failed' && status !== null && (
          <p>This answer is the service’s own, not Jetway’s.</p>
        )}
      </div>
    </section>
  )
}

function allowedWords({ effect, status, service }: ActivityEntry): string {
  const who = service === 'airflow' || service === null ? 'Airflow' : service
  const answer = status === null ? 'no answer came back' : `${who} answered ${status}`
  return effect === 'allow'
    ? `Allowed; ${answer}`
    : answer.replace(/^no answer came back$/, 'No answer came back')
}

/** Where the person can do it alone by signing in again, nobody needs to be asked. */
const signInCodes: ReadonlySet<string> = new Set(['SIGN_IN_TOO_OLD', 'SIGN_IN_TOO_WEAK'])

function asksForAccess({ verb, problem }: ActivityEntry): boolean {
  return verb !== null && problem !== null && !signInCodes.has(problem.code)
}
