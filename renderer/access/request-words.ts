import { type VerbGroup, verbWords, wordsOfVerb } from '#shared/airflow/verb-words.ts'
import { duration } from '#shared/duration.ts'
import type { AccessRequest, Requestable } from '#shared/ipc/access-requests.ts'
import type { Tone } from '../components/badge.tsx'

/** `people of data-leads or oncall` */
export function approverWords(approvers: readonly string[]): string {
  return `people of ${approvers.join(' or ')}`
}

const fewVerbs = 6
/** What changes something tells more than what looks. */
const groupOrder: readonly VerbGroup[] = ['run', 'change', 'administer', 'see']

/** `trigger run, clear tasks and 4 more`: what counts there, the runs first. */
export function verbsWords({ verbs, dags, tags }: Requestable): string {
  // What belongs to no DAG takes all of them.
  const isForAll = dags.length === 0 || (dags.includes('*') && tags === null)
  const counting = [...verbWords].filter(([verb, { ofDag }]) => verbs.includes(verb) && (isForAll || ofDag))
  const words = groupOrder
    .flatMap((group) => counting.filter(([, one]) => one.group === group))
    .map(([verb]) => verb)
    .map(wordsOfVerb)
    .map((verb) => verb.charAt(0).toLowerCase() + verb.slice(1))
  if (words.length <= fewVerbs) return words.join(', ')
  return `${words.slice(0, fewVerbs).join(', ')} and ${words.length - fewVerbs} more`
}

/** `just now`, `12 min ago` */
function agoWords(at: string, now: number): string {
  const ms = now - Date.parse(at)
  return ms < 60_000 ? 'just now' : `${duration(ms)} ago`
}

/** `4 h` of what was asked for. */
export function lengthWords({ seconds }: Pick<AccessRequest, 'seconds'>): string {
  return duration(seconds * 1000)
}

/** Whether it is not over: it waits, or it gives something. */
export function stands({ state }: Pick<AccessRequest, 'state'>): boolean {
  return state === 'waiting' || state === 'approved'
}

/** How it stands with a request, in a word or two. */
export function stateOf({ state, until, endedBy, name }: AccessRequest, now: number): StateWords {
  switch (state) {
    case 'waiting':
      return { words: 'Waiting', tone: 'wait' }
    case 'approved':
      return { words: until === null ? 'Given' : `Given for ${leftWords(until, now)}`, tone: 'ok' }
    case 'denied':
      return { words: 'Denied', tone: 'danger' }
    case 'ended':
      return { words: endedBy === null || endedBy === name ? 'Ended' : 'Taken back', tone: 'idle' }
    case 'expired':
      return { words: 'Over', tone: 'idle' }
  }
}

interface StateWords {
  readonly words: string
  readonly tone: Tone
}

/** `2 h 5 min more` */
function leftWords(until: string, now: number): string {
  return `${duration(Date.parse(until) - now)} more`
}

/** What has come of it, or will: a sentence or two. */
export function fateWords(request: AccessRequest, now: number): string {
  const { state, until, decision, endedBy, name } = request
  const by = decision === null ? '' : ` by ${decision.by}`
  switch (state) {
    case 'waiting':
      return `Asked ${agoWords(request.askedAt, now)}${until === null ? '' : `, open for ${leftWords(until, now)}`}`
    case 'approved':
      return `Approved${by} ${agoWords(decision?.at ?? request.askedAt, now)}`
    case 'denied':
      return `Denied${by} ${agoWords(decision?.at ?? request.askedAt, now)}`
    case 'ended':
      if (endedBy !== null && endedBy !== name) return `Taken back by ${endedBy}`
      return decision === null ? 'Withdrawn' : 'Given back'
    case 'expired':
      return decision === null ? 'Nobody has decided' : `Approved${by}, and its time is over`
  }
}
