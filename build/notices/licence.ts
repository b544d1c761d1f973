/** What may be shipped: permissive licences, by SPDX id. Fonts come under the Open Font License. */
const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'OFL-1.1',
  'Python-2.0',
  'Unlicense',
  'Zlib',
])

/**
 * Whether a package with this SPDX licence expression may be shipped: of what stands with OR one is enough, of what stands
 * with AND it takes all. Anything that is not understood is not allowed.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
 */
export function mayBeShipped(expression: string): boolean {
  const words = expression.match(/\(|\)|[^\s()]+/g) ?? []
  let at = 0
  const or = (): boolean => {
    let value = and()
    while (words[at] === 'OR') {
      at += 1
      const next = and()
      value = value || next
    }
    return value
  }
  const and = (): boolean => {
    let value = one()
    while (words[at] === 'AND') {
      at += 1
      const next = one()
      value = value && next
    }
    return value
  }
  const one = (): boolean => {
    const word = words[at]
    at += 1
    if (word !== '(') return word !== undefined && allowed.has(word)
    const value = or()
    const isClosed = words[at] === ')'
    at += 1
    return value && isClosed
  }
  const value = or()
  return value && at === words.length
}
