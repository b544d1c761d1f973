import { expect, test } from 'vitest'
import { matchesGlob } from '#shared/airflow/dag-glob.ts'
import { atomsOf } from '../../../../relay/policy/pattern-atoms.ts'
import { pick, seeded } from '../../../support/random.ts'

const under = (patterns: readonly string[]) =>
  atomsOf(patterns)
    .atoms.map((atom) => [...atom.under].join(' '))
    .sort()

test.each([
  [[], ['']],
  [['*'], ['*']],
  [
    ['etl', 'etl*'],
    ['', 'etl etl*', 'etl*'],
  ],
  [
    ['finance_*', '*_dev'],
    ['', '*_dev', 'finance_*', 'finance_* *_dev'],
  ],
  [
    ['finance_*', '*'],
    ['*', 'finance_* *'],
  ],
  [
    ['a*', 'b*'],
    ['', 'a*', 'b*'],
  ],
  [
    ['a*', 'a'],
    ['', 'a*', 'a* a'],
  ],
])('the ways to fall under %j', (patterns, expected) => {
  expect(under(patterns)).toEqual([...expected].sort())
})

const random = seeded(7)
const ids = words('abc', 5)

test('every way that occurs among short DAG ids is found, and each DAG id is under what it says', () => {
  for (let round = 0; round < 200; round += 1) {
    const patterns = Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
      const length = 1 + Math.floor(random() * 4)
      return Array.from({ length }, () => pick(random, ['a', 'b', '*'])).join('')
    })
    const { atoms, isComplete } = atomsOf(patterns)
    expect(isComplete).toBe(true)
    const wayOf = (dag: string) =>
      [...new Set(patterns)].filter((pattern) => matchesGlob(pattern, dag)).join(' ')
    const found = new Set(atoms.map(({ dag }) => wayOf(dag)))
    for (const atom of atoms) expect([...atom.under].join(' '), atom.dag).toBe(wayOf(atom.dag))
    for (const id of ids) expect(found, `${id} under ${patterns}`).toContain(wayOf(id))
    expect(atoms.length).toBe(found.size)
  }
})

test('512 ways are all found; where there are more, it is said and not cut silently', () => {
  const patterns = (letters: string) => [...letters].map((letter) => `*${letter}*`)
  const most = atomsOf(patterns('abcdefghi'))
  expect(most.isComplete).toBe(true)
  expect(most.atoms).toHaveLength(512)
  expect(atomsOf(patterns('abcdefghij')).isComplete).toBe(false)
  const deep = atomsOf(Array.from({ length: 4 }, (_, i) => `*${'ab'.repeat(20)}*${'ba'.repeat(20 + i)}*`))
  expect(deep.isComplete).toBe(true)
})

test('hundreds of names and prefixes are no effort', () => {
  const patterns = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? `team${i}_*` : `dag_${i}`))
  const { atoms, isComplete } = atomsOf(patterns)
  expect(isComplete).toBe(true)
  expect(atoms).toHaveLength(301)
})

function words(alphabet: string, longest: number): string[] {
  let level = ['']
  const all: string[] = []
  for (let length = 1; length <= longest; length += 1) {
    level = level.flatMap((word) => [...alphabet].map((letter) => word + letter))
    all.push(...level)
  }
  return all
}
