/** How a request for access reads to a person, in the tray, in a notification and in the window. */
import type { AccessRequest, AccessRequests, Requestable } from './access-requests.ts'

type Scope = Pick<Requestable, 'dags' | 'tags'>
type Wanted = Pick<Requestable, 'policy' | 'role' | 'dags' | 'tags'>

/** Within a sentence: `all DAGs`, `orders_*, shared_refresh`, `DAGs tagged ml or features`. */
export function scopeWords({ dags, tags }: Scope): string {
  const names = dags.includes('*') ? null : dags.join(', ')
  if (tags === null) return names ?? 'all DAGs'
  return `${names ?? 'DAGs'} tagged ${tags.join(' or ')}`
}

/** `operator on sales_*`. What is given without a role is called as its policy is. */
export function wantedWords({ policy, role, dags, tags }: Wanted): string {
  const name = role === '' ? policy : role
  return dags.length === 0 ? name : `${name} on ${scopeWords({ dags, tags })}`
}

/** Cut where it is longer than `mostChars`: names and DAGs are written by others. */
export function shortened(words: string, mostChars: number): string {
  return words.length <= mostChars ? words : `${words.slice(0, mostChars - 1)}…`
}

/** What the person has to decide, oldest first. */
export function waitingOf({ toDecide }: AccessRequests): readonly AccessRequest[] {
  return toDecide.filter(({ state }) => state === 'waiting')
}

/** `1 request waits for you`, `3 requests wait for you` */
export function waitingWords(count: number): string {
  return count === 1 ? '1 request waits for you' : `${count} requests wait for you`
}
