import type { Verb } from '#shared/airflow/operation.ts'
import type { Circumstances } from './ask.ts'
import type { AccessChange } from './compare.ts'
import type { DagScope } from './dag-scope.ts'
import { policyVerbs } from './schema.ts'

/** Changes for people to read, a line each: `data-eng: run.trigger, task.* on finance_* (not finance_close)`. */
export function wordsOf(changes: readonly AccessChange[]): string[] {
  const alike = new Map<string, AccessChange[]>()
  for (const change of changes) {
    const key = JSON.stringify({ ...change, verb: null })
    alike.set(key, [...(alike.get(key) ?? []), change])
  }
  return [...alike.values()].map((same) => {
    const { who, dags, services, airflowRole, sometimes } = same[0] as AccessChange
    const places = services ?? dags?.map(scopeWords) ?? []
    const where = places.length === 0 ? '' : ` on ${places.join(', ')}`
    const role = airflowRole === null ? '' : `, in Airflow as ${airflowRole.after}, not ${airflowRole.before}`
    return `${whoWords(who)}: ${verbWords(same.map(({ verb }) => verb))}${where}${role}${sometimes === null ? '' : `, in some cases, e.g. ${circumstancesWords(sometimes)}`}`
  })
}

const plural = { person: 'people', machine: 'machines', agent: 'agents' } as const

function whoWords({ groups, kinds }: AccessChange['who']): string {
  const name = groups.length === 0 ? 'anyone' : groups.join(' + ')
  return kinds.length === 3 ? name : `${name} (${kinds.map((kind) => plural[kind]).join(', ')})`
}

function scopeWords({ dags, except }: DagScope): string {
  const which = dags.join(' & ')
  return except.length === 0 ? which : `${which} (not ${except.join(', ')})`
}

/** `run.*` where all of run is there. */
function verbWords(verbs: readonly Verb[]): string {
  const has = new Set(verbs)
  const words = [...verbs].sort().map((verb) => {
    const kind = verb.slice(0, verb.indexOf('.') + 1)
    const all = policyVerbs.filter((other) => other.startsWith(kind))
    return all.length > 1 && all.every((other) => has.has(other)) ? `${kind}*` : verb
  })
  return [...new Set(words)].join(', ')
}

function circumstancesWords({ tags, conf, at, from, authAgeSeconds, acr }: Partial<Circumstances>): string {
  const words = [
    ...(tags === undefined || tags === null
      ? []
      : [tags.length === 0 ? 'without tags' : `tagged ${tags.join(', ')}`]),
    ...(conf === undefined ? [] : [confWords(conf)]),
    ...(at === undefined ? [] : [`at ${new Date(at).toISOString()}`]),
    ...(from === undefined || from === null ? [] : [`from ${from}`]),
    ...(authAgeSeconds === undefined
      ? []
      : [authAgeSeconds === null ? 'signed in at a time unknown' : `signed in ${authAgeSeconds} s ago`]),
    ...(acr === undefined ? [] : [acr === null ? 'signed in who knows how' : `signed in with ${acr}`]),
  ]
  return words.join(', ')
}

function confWords({ present, bytes, keys }: Circumstances['conf']): string {
  if (!present) return 'without a conf'
  return `with a conf of ${bytes} bytes and ${keys.length === 0 ? 'no keys' : `the keys ${keys.join(', ')}`}`
}
