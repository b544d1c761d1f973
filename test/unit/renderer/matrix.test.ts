import { expect, test } from 'vitest'
import { countWords } from '../../../renderer/access/access-words.ts'
import { airflowVerbs, matrixOf, scopesOf } from '../../../renderer/access/matrix.ts'
import { accessForbid, accessGrant } from '../../support/access.ts'

const viewer = accessGrant()
const team = accessGrant({
  role: 'user',
  group: 'orders-team',
  verbs: ['run.trigger', 'variable.read'],
  dags: ['orders_*'],
})
const few = accessGrant({ role: 'user', group: 'on-call', verbs: ['run.trigger'], dags: ['orders_eu_*'] })

function rows(
  grants: Parameters<typeof scopesOf>[0],
  forbids: Parameters<typeof matrixOf>[0]['forbids'] = [],
) {
  const groups = matrixOf({ grants, forbids, scopes: scopesOf(grants) })
  return (verb: string) => groups.flatMap((group) => group.rows).find((row) => row.verb === verb)
}

test('each set of DAGs is a column, all DAGs first', () => {
  const scopes = scopesOf([few, team, { ...team, role: 'op' }, viewer])
  expect(scopes.map(({ dags }) => dags)).toEqual([['*'], ['orders_*'], ['orders_eu_*']])
  expect(scopesOf([])).toEqual([])
})

test('every verb of Airflow is in one group, in order', () => {
  const groups = matrixOf({ grants: [], forbids: [], scopes: [] })
  expect(groups.map(({ group }) => group)).toEqual(['see', 'run', 'change', 'administer'])
  expect(groups.flatMap((group) => group.rows).map(({ verb }) => verb)).toEqual(airflowVerbs)
})

test('a grant counts in its column and in those that it covers', () => {
  const of = rows([viewer, team, few])
  expect(of('log.read')?.marks).toEqual(['yes', 'yes', 'yes'])
  expect(of('run.trigger')?.marks).toEqual(['no', 'yes', 'yes'])
  expect(of('dag.delete')).toMatchObject({ marks: ['no', 'no', 'no'], grants: [] })
})

test('what belongs to no DAG counts where the grant is for all', () => {
  const of = rows([viewer, team])
  expect(of('pool.read')?.marks).toEqual(['yes', 'no'])
  expect(of('variable.read')).toMatchObject({ marks: ['no', 'no'], grants: [] })
})

test('conditions make it partly, one grant without them makes it whole', () => {
  const timed = { ...team, conditions: ['only on mon'] }
  expect(rows([timed])('run.trigger')?.marks).toEqual(['partly'])
  expect(rows([timed, team])('run.trigger')?.marks).toEqual(['yes'])
})

test('tags are a column of their own, which grants without tags cover', () => {
  const ml = accessGrant({ verbs: ['run.trigger'], tags: ['ml'] })
  const of = rows([viewer, ml])
  expect(of('run.trigger')?.marks).toEqual(['no', 'yes'])
  expect(of('log.read')?.marks).toEqual(['yes', 'yes'])
  const both = accessGrant({ verbs: ['run.trigger'], tags: ['ml', 'gpu'] })
  expect(rows([ml, both])('run.trigger')?.marks).toEqual(['yes', 'yes'])
})

test('a rule that forbids takes away, wholly or partly', () => {
  const all = accessGrant({ verbs: ['run.trigger'] })
  const of = (rule: Parameters<typeof accessForbid>[0]) =>
    rows([all, team], [accessForbid(rule)])('run.trigger')?.marks
  expect(of({ dags: ['*'] })).toEqual(['no', 'no'])
  expect(of({ dags: ['orders_*'] })).toEqual(['partly', 'no'])
  expect(of({ dags: ['finance_*'] })).toEqual(['partly', 'yes'])
  expect(of({ dags: ['*'], conditions: ['only on sat'] })).toEqual(['partly', 'partly'])
  expect(of({ dags: ['*'], verbs: ['dag.delete'] })).toEqual(['yes', 'yes'])
})

test('a group is summed up', () => {
  const [see, run] = matrixOf({ grants: [viewer], forbids: [], scopes: scopesOf([viewer]) })
  expect(countWords(see?.rows ?? [], 0)).toBe('5 of 17')
  expect(countWords(run?.rows ?? [], 0)).toBe('None')
  const all = [accessGrant({ verbs: airflowVerbs.slice() })]
  const [whole] = matrixOf({ grants: all, forbids: [], scopes: scopesOf(all) })
  expect(countWords(whole?.rows ?? [], 0)).toBe('All')
})
