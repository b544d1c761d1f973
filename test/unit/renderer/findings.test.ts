import { expect, test } from 'vitest'
import type { Finding } from '#shared/ipc/finding.ts'
import { allChecks, type Findings, summaryOf } from '../../../renderer/diagnostics/findings.ts'

const all = (...states: readonly Finding['state'][]): Findings =>
  Object.fromEntries(
    allChecks.map((check, i) => [
      check,
      { check, state: states[i] ?? 'ok', title: 'x', detail: null, action: null, durationMs: 1 },
    ]),
  )

test.each([
  [all(), 'ok', 'Everything is fine'],
  [all('skipped'), 'ok', 'Everything is fine'],
  [all('warning'), 'warning', 'One thing needs a look'],
  [all('warning', 'warning'), 'warning', '2 things need a look'],
  [all('failed', 'skipped', 'warning'), 'failed', 'One thing does not work'],
  [all('failed', 'failed'), 'failed', '2 things do not work'],
])('%#: what was found is said in one line', (findings, tone, words) => {
  expect(summaryOf(findings, false)).toEqual({ tone, words, done: 9 })
})

test('while it looks, nothing is said yet but how far it is', () => {
  expect(summaryOf({}, true)).toMatchObject({ tone: 'busy', done: 0 })
  expect(summaryOf(all('failed', 'running', 'running'), true)).toMatchObject({ tone: 'busy', done: 7 })
})
