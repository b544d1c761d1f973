/** Values and policies as Cedar writes them. @see https://docs.cedarpolicy.com/policies/syntax-grammar.html */
import type { Verb } from '#shared/airflow/operation.ts'

/** A string literal. Everything that is not plainly itself is escaped by its code point. */
export function quoted(value: string): string {
  return `"${escaped(value)}"`
}

/** The pattern of `like`: `*` stands for any characters, everything else for itself. */
export function likePattern(glob: string): string {
  return `"${glob.split('*').map(escaped).join('*')}"`
}

export function setOf(values: readonly string[]): string {
  return `[${values.map(quoted).join(', ')}]`
}

/** `Jetway::Group::"data-eng"` */
export function entity(type: string, id: string): string {
  return `${namespaced(type)}::${quoted(id)}`
}

export function namespaced(type: string): string {
  return `Jetway::${type}`
}

/** All of them, or one of them, hold. */
export function joined(operator: '&&' | '||', expressions: readonly string[]): string {
  return expressions.length === 1 ? (expressions[0] as string) : `(${expressions.join(` ${operator} `)})`
}

/**
 * A policy.
 *
 * @param o.group null for everyone
 */
export function policyText(o: {
  id: string
  effect: 'permit' | 'forbid'
  group: string | null
  verbs: ReadonlySet<Verb>
  clauses: readonly (readonly ['when' | 'unless', readonly string[]])[]
}): string {
  const principal = o.group === null ? 'principal' : `principal in ${entity('Group', o.group)}`
  const actions = [...o.verbs].sort().map((verb) => entity('Action', verb))
  const action = actions.length === 1 ? `== ${actions[0]}` : `in [${actions.join(', ')}]`
  const clauses = o.clauses
    .filter(([, expressions]) => expressions.length > 0)
    .map(([word, expressions]) => `\n${word} { ${expressions.join(' && ')} }`)
  return `@id(${quoted(o.id)})
${o.effect} (${principal}, action ${action}, resource)${clauses.join('')};`
}

/** Cedar's strings are Unicode; half of a surrogate pair is none. */
export function wellFormed(value: string): string {
  return value.replace(/\p{Surrogate}/gu, '\ufffd')
}

function escaped(value: string): string {
  return wellFormed(value).replace(
    /[^A-Za-z0-9 !#$%&()+,\-./:;<=>?@[\]^_`{|}~]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  )
}
