import { expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { ActivityReader } from '#shared/ipc/activity-lines.ts'
import { entryOf } from '../../../../relay/activity/entry.ts'
import { auditRecord } from '../../../support/audit-record.ts'

const decided = { policies: [], obligations: [] }

/** What comes out at the client. */
function told(...[record, error]: Parameters<typeof entryOf>) {
  const line = `${JSON.stringify({ number: 1, entry: entryOf(record, error) })}\n`
  return new ActivityReader().push(new TextEncoder().encode(line))[0]
}

test('it says what the record says, and nothing of who and from where', () => {
  const record = auditRecord({ agent: { subject: 'helper', client: 'ide' } })
  expect(told(record, null)).toEqual({
    number: 1,
    entry: {
      id: 'f3b0',
      time: '2026-06-01T08:00:00.000Z',
      service: 'airflow',
      verb: 'dag.read',
      dag: 'etl_orders',
      run: null,
      task: null,
      method: 'GET',
      path: '/api/v2/dags/etl_orders',
      status: 200,
      effect: 'allow',
      problem: null,
      agent: 'helper',
      durationMs: 5,
    },
  })
})

test.each([
  ['allowed', { effect: 'allow', code: null } as const, 'allow'],
  ['denied', { effect: 'deny', code: 'FORBIDDEN' } as const, 'deny'],
  ['answered by the relay itself, as a redirect is', { effect: 'deny', code: null } as const, null],
])('what was %s', (_what, decision, effect) => {
  expect(entryOf(auditRecord({ decision: { ...decided, ...decision } }), null).effect).toBe(effect)
})

test('the cause of an error is not told', () => {
  const error = new JetwayError('INTERNAL', {}, { cause: new Error('hidden') })
  const { problem } = entryOf(auditRecord(), error)
  expect(problem).toEqual({
    code: 'INTERNAL',
    title: error.entry.title,
    detail: error.message,
    action: error.action,
  })
})

test('whatever it is, the client takes it: the longest names and words, and any status', () => {
  // Six characters each in JSON.
  const longest = '\u0000'.repeat(100_000)
  const resource = { dag: longest, run: longest, task: longest, name: longest }
  const agent = { subject: longest, client: longest }
  const record = auditRecord({ resource, agent, path: longest, status: 999, durationMs: -1 })
  const error = new JetwayError('FORBIDDEN', {
    verb: longest,
    resource: longest,
    needs: longest,
    has: longest,
    contact: longest,
  })
  expect(told(record, error)).toMatchObject({ number: 1, entry: { status: 999, durationMs: 0 } })
  const halfOfAPair = auditRecord({ path: '\ud800', resource: { ...resource, dag: '\udc00' } })
  expect(told(halfOfAPair, null)).toMatchObject({ entry: { path: '\ufffd', dag: '\ufffd' } })
})
