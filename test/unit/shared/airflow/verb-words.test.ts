import { expect, test } from 'vitest'
import { onlyLooks, verbGroups, verbWords, wordsOfVerb } from '#shared/airflow/verb-words.ts'
import { onlyReads, policyVerbs } from '../../../../relay/policy/schema.ts'

test('every verb of a policy has words, each its own', () => {
  expect([...verbWords.keys()].sort()).toEqual(policyVerbs)
  expect(new Set([...verbWords.values()].map(({ words }) => words)).size).toBe(verbWords.size)
})

test('the harmless come first', () => {
  const airflow = [...verbWords].filter(([verb]) => !/^(http|tcp)\./.test(verb))
  const places = airflow.map(([, { group }]) => verbGroups.indexOf(group))
  expect(places).toEqual([...places].sort())
})

test('what only looks is what the policy says only reads', () => {
  for (const verb of policyVerbs) expect([verb, onlyLooks(verb)]).toEqual([verb, onlyReads(verb)])
})

test('nothing under "see" changes anything', () => {
  for (const [verb, { group }] of verbWords) if (group === 'see') expect(onlyLooks(verb)).toBe(true)
})

test('a verb of a newer relay is said as it is', () => {
  expect(wordsOfVerb('run.trigger')).toBe('Trigger run')
  expect(wordsOfVerb('moon.land')).toBe('moon.land')
})
