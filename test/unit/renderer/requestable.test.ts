import { expect, test } from 'vitest'
import { covering, timesFor, usualTime } from '../../../renderer/access/requestable.ts'
import { requestable } from '../../support/access-requests.ts'

const user = requestable({ policy: 'user', verbs: ['run.read', 'run.trigger'], dags: ['sales_*'] })
const oneDag = requestable({ policy: 'one', verbs: ['run.read', 'run.trigger'], dags: ['sales_eu'] })
const operator = requestable({ policy: 'operator', dags: ['sales_*'] })
const admin = requestable({ policy: 'admin', verbs: [...operator.verbs, 'variable.read'], dags: ['*'] })
const tagged = requestable({ policy: 'tagged', verbs: ['run.trigger'], dags: ['*'], tags: ['ml'] })
const all = [tagged, admin, operator, user, oneDag]
const names = (verb: string | null, dag: string | null) =>
  covering(all, { verb, dag }).map(({ policy }) => policy)

test('the narrowest comes first, and what only some tags have comes last', () => {
  expect(names('run.trigger', 'sales_eu')).toEqual(['one', 'user', 'operator', 'admin', 'tagged'])
  expect(names('run.trigger', 'sales_us')).toEqual(['user', 'operator', 'admin', 'tagged'])
  expect(names('task.clear', 'sales_us')).toEqual(['operator', 'admin'])
  expect(names('run.trigger', 'finance')).toEqual(['admin', 'tagged'])
})

test('what belongs to no DAG, and all DAGs at once, take all of them', () => {
  expect(names('variable.read', null)).toEqual(['admin'])
  expect(names('run.trigger', '~')).toEqual(['admin'])
  expect(names('run.trigger', null)).toEqual(['admin'])
})

test('nothing covers what has no verb, and what nobody may ask for', () => {
  expect(names(null, 'sales_eu')).toEqual([])
  expect(names('dag.delete', 'sales_eu')).toEqual([])
  expect(covering([], { verb: 'run.trigger', dag: 'sales_eu' })).toEqual([])
})

test('what is not about DAGs covers what is none', () => {
  const grafana = requestable({ policy: 'grafana', verbs: ['http.read', 'run.trigger'], dags: [] })
  expect(covering([grafana], { verb: 'http.read', dag: null })).toEqual([grafana])
  expect(covering([grafana], { verb: 'run.trigger', dag: 'sales_eu' })).toEqual([])
})

test('the longest is always among the times, and an hour is proposed where it is possible', () => {
  expect(timesFor({ longestSeconds: 600 })).toEqual([600])
  expect(timesFor({ longestSeconds: 3600 })).toEqual([900, 3600])
  expect(timesFor({ longestSeconds: 5000 })).toEqual([900, 3600, 5000])
  expect(usualTime({ longestSeconds: 600 })).toBe(600)
  expect(usualTime({ longestSeconds: 86_400 })).toBe(3600)
})
