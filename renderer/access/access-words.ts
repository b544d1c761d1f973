import { type VerbGroup, wordsOfVerb } from '#shared/airflow/verb-words.ts'
import { scopeWords } from '#shared/ipc/access-request-words.ts'
import { isApprovedGroup } from '#shared/ipc/approved-group.ts'
import type { Scope, VerbRow } from './matrix.ts'
import type { Grant, MayAnswer } from './may-i.ts'

export const groupTitles: Readonly<Record<VerbGroup, string>> = {
  see: 'See',
  run: 'Run',
  change: 'Change',
  administer: 'Administer',
}

/** At the top of a column, in a few short lines: `orders_*`, `shared_refresh`, `and 3 more`. */
export function scopeLines({ dags, tags }: Pick<Scope, 'dags' | 'tags'>): string[] {
  const names = dags.includes('*') ? [tags === null ? 'All DAGs' : 'DAGs'] : [...dags]
  const lines = [...names, ...(tags === null ? [] : [`tagged ${tags.join(' or ')}`])]
  return lines.length <= mostLines
    ? lines
    : [...lines.slice(0, mostLines - 1), `and ${lines.length - mostLines + 1} more`]
}

const mostLines = 3

/** How many verbs of a group there are in one scope: `All`, `3 of 7`, `None`. */
export function countWords(rows: readonly VerbRow[], scope: number): string {
  const having = rows.filter(({ marks }) => marks[scope] !== 'no').length
  if (having === 0) return 'None'
  return having === rows.length ? 'All' : `${having} of ${rows.length}`
}

/**
 * `The role user, which orders-team has on orders_*`; what is given without a role is given to the group, and what was asked
 * for to the person.
 */
export function grantWords({ role, group, dags, tags }: Grant): string {
  const where = dags.length === 0 ? '' : ` on ${scopeWords({ dags, tags })}`
  if (isApprovedGroup(group)) return `The role ${role}${where}, which you asked for`
  return role === '' ? `Given to ${group}${where}` : `The role ${role}, which ${group} has${where}`
}

/** What a grant or a rule asks for besides, one thing each. */
export function termsOf({ conditions, until }: Pick<Grant, 'conditions' | 'until'>): string[] {
  return [...conditions, ...(until === null ? [] : [`until ${dayOf(until)}`])]
}

/** The answer in one sentence. */
export function answerWords({ may, grants }: MayAnswer, verb: string, dag: string | null): string {
  const deed = wordsOfVerb(verb)
  const what = `${deed.charAt(0).toLowerCase()}${deed.slice(1)}${dag === null ? '' : ` on ${dag}`}`
  if (may === 'yes') return `Yes, you may ${what}.`
  if (may === 'depends') return `You may ${what}, but not always.`
  return grants.length > 0 ? `No. A rule forbids you to ${what}.` : `No. Nothing lets you ${what}.`
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

function dayOf(until: string): string {
  const at = Date.parse(until)
  return Number.isNaN(at) ? until : day.format(at)
}
