import { describe, expect, test } from 'vitest'
import { grantWords } from '../../../renderer/access/access-words.ts'
import { fateWords, stateOf, verbsWords } from '../../../renderer/access/request-words.ts'
import { accessGrant } from '../../support/access.ts'
import { accessRequest, requestable } from '../../support/access-requests.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
const request = (part: Parameters<typeof accessRequest>[0]) =>
  accessRequest({
    name: 'Ana',
    askedAt: '2026-01-01T10:00:00Z',
    until: '2026-01-01T13:05:00Z',
    ...part,
  })
const decision = { by: 'Bo', at: '2026-01-01T11:59:30Z', note: null }

describe('a request', () => {
  test.each([
    [{ state: 'waiting' }, 'Waiting', 'Asked 2 h ago, open for 1 h 5 min more'],
    [{ state: 'approved', decision }, 'Given for 1 h 5 min more', 'Approved by Bo just now'],
    [{ state: 'denied', decision, until: null }, 'Denied', 'Denied by Bo just now'],
    [{ state: 'ended', until: null, endedBy: 'Ana' }, 'Ended', 'Withdrawn'],
    [{ state: 'ended', decision, until: null, endedBy: 'Ana' }, 'Ended', 'Given back'],
    [{ state: 'ended', decision, until: null, endedBy: 'Bo' }, 'Taken back', 'Taken back by Bo'],
    [{ state: 'expired', until: null }, 'Over', 'Nobody has decided'],
    [{ state: 'expired', decision, until: null }, 'Over', 'Approved by Bo, and its time is over'],
  ] as const)('%j', (part, state, fate) => {
    expect(stateOf(request(part), now).words).toBe(state)
    expect(fateWords(request(part), now)).toBe(fate)
  })
})

test('what it lets one do begins with what changes something, and leaves out what does not count there', () => {
  const verbs = [
    'config.read',
    'dag.read',
    'dag.write',
    'log.read',
    'pool.write',
    'run.read',
    'run.trigger',
    'task.clear',
  ]
  expect(verbsWords(requestable({ verbs }))).toBe(
    'trigger run, clear tasks, pause or unpause DAG, see DAGs, see runs, read logs',
  )
  expect(verbsWords(requestable({ verbs, dags: ['*'] }))).toMatch(/^trigger run, .* and 2 more$/)
})

test('what was asked for is not called after the group that the relay keeps for it', () => {
  const grant = accessGrant({
    role: 'user',
    group: 'approved:request:data-eng:user:finance_*',
    dags: ['finance_*'],
  })
  expect(grantWords(grant)).toBe('The role user on finance_*, which you asked for')
})
