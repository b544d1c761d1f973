import { expect, test } from 'vitest'
import {
  clockOf,
  deedOf,
  outcomeOf,
  requestOf,
  statusOf,
  targetOf,
  timeOf,
} from '../../../renderer/activity/activity-words.ts'
import { activityEntry } from '../../support/activity.ts'

test('a line says what was done to what', () => {
  const entry = activityEntry({ verb: 'task.clear', dag: 'orders', run: 'manual__1', task: 'load' })
  expect([deedOf(entry), targetOf(entry)]).toEqual(['Clear tasks', ['orders', 'manual__1', 'load']])
  expect(targetOf(activityEntry({ dag: '~' }))).toEqual(['all DAGs'])
  expect(targetOf(activityEntry({ dag: 'orders', run: '~' }))).toEqual(['orders', 'all runs'])
  expect(targetOf(activityEntry({ dag: null }))).toEqual([])
})

test('what was refused before a verb was known is said by its method', () => {
  expect(deedOf(activityEntry({ verb: null, method: 'PATCH' }))).toBe('PATCH request')
  expect(deedOf(activityEntry({ verb: null, method: null }))).toBe('Request')
  expect(requestOf(activityEntry({ method: null, path: null }))).toBe('')
})

test('how it ended', () => {
  const of = (part: Parameters<typeof activityEntry>[0]) => {
    const entry = activityEntry(part)
    return [outcomeOf(entry), statusOf(entry)]
  }
  expect(of({ status: 200 })).toEqual(['fine', '200'])
  expect(of({ status: 399 })).toEqual(['fine', '399'])
  expect(of({ status: 400 })).toEqual(['failed', '400'])
  expect(of({ status: null })).toEqual(['failed', 'No answer'])
  expect(of({ status: 403, effect: 'deny' })).toEqual(['denied', 'Denied'])
  expect(of({ status: 101, effect: null })).toEqual(['fine', '101'])
})

test('a time that is none is said as it is', () => {
  expect([clockOf('soon'), timeOf('soon')]).toEqual(['soon', 'soon'])
  expect(clockOf('2026-11-25T12:34:56Z')).toMatch(/^\d\d:\d\d:\d\d$/)
})
