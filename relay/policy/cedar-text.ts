/** Values as Cedar writes them. @see https://docs.cedarpolicy.com/policies/syntax-grammar.html */

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
