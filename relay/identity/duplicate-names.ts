/**
 * Whether an object in a JSON text has a name twice. Readers differ in which of the two they take (RFC 8259 §4), so that
 * whoever signed it and whoever reads it may mean different things.
 *
 * @param json a text that is JSON
 */
export function hasDuplicateNames(json: string): boolean {
  const open: (Set<string> | null)[] = []
  let text = ''
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/gs)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(null)
    else if (token === '}' || token === ']') open.pop()
    else if (token !== ':') text = token
    else {
      // As it reads, not as it is written: `\u0073ub` is `sub`.
      const name = JSON.parse(text) as string
      const names = open.at(-1)
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}
