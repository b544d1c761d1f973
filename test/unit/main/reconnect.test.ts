import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type Problem, problemOf } from '#shared/errors/problem.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { Backoff } from '../../../main/engine/backoff.ts'
import { Reconnect } from '../../../main/reconnect.ts'
import { environmentStatus } from '../../support/control-double.ts'
import { eventually } from '../../support/eventually.ts'

const unreachable = new JetwayError('RELAY_UNREACHABLE', { relay: 'relay', reason: 'none' })
let kept: string[]
let asked: string[]
let now: EnvironmentStatus[]
/** What the next attempts end with; null for a connection. */
let outcomes: (JetwayError | null)[]

const prod = (part: Partial<EnvironmentStatus> = {}) =>
  environmentStatus({ name: 'prod', signedIn: true, ...part })
const start = (wanted: string[]) => {
  const reconnect = new Reconnect({
    request: async (method, params) => {
      asked.push(`${method} ${(params as { environment: string }).environment}`)
      await setImmediate()
      const outcome = outcomes.shift() ?? null
      now = [prod(outcome === null ? { state: 'connected' } : { lastError: problemOf(outcome) })]
      reconnect.follow(now)
      if (outcome !== null) throw outcome
      return null as never
    },
    environments: () => now,
    wanted,
    keep: (names) => {
      kept = [...names]
    },
    backoff: () => new Backoff(1, 1, 1),
  })
  return reconnect
}
const attach = (reconnect: Reconnect, ...environments: EnvironmentStatus[]) =>
  attachWith(null, reconnect, ...environments)
const attachWith = (
  tokenStoreProblem: Problem | null,
  reconnect: Reconnect,
  ...environments: EnvironmentStatus[]
) => {
  reconnect.attached({ environments, tokenStoreProblem })
  now = environments
  reconnect.follow(environments)
}
beforeEach(() => {
  kept = ['untouched']
  asked = []
  outcomes = []
  now = []
})

test('what was connected is connected again, however often it takes', async () => {
  outcomes = [unreachable, unreachable, null]
  const reconnect = start(['prod'])
  attach(reconnect, prod())
  await eventually('a connection', async () => now[0]?.state === 'connected')
  expect(asked).toEqual(['connect prod', 'connect prod', 'connect prod'])
  expect(kept).toEqual(['untouched'])
})

test('an error that stays ends it, and so does a person who is not signed in', async () => {
  outcomes = [new JetwayError('ACCESS_REVOKED')]
  const reconnect = start(['prod', 'test'])
  attach(reconnect, prod(), environmentStatus({ name: 'test' }))
  await eventually('the attempt', async () => asked.length === 1 && now[0]?.lastError)
  expect(asked).toEqual(['connect prod'])
  // It may be that the person lets it be mended, and starts again.
  expect(kept).toEqual(['prod'])
})

test('who disconnects is not connected again', () => {
  const reconnect = start([])
  attach(reconnect, prod({ state: 'connected' }))
  expect(kept).toEqual(['prod'])
  reconnect.follow([prod({ state: 'reconnecting' })])
  reconnect.follow([prod()])
  expect(kept).toEqual([])
  attach(reconnect, prod())
  expect(asked).toEqual([])
})

test('another engine is asked at once', async () => {
  outcomes = [new JetwayError('ENGINE_NOT_RUNNING'), null]
  const reconnect = start(['prod'])
  attach(reconnect, prod())
  await eventually('the attempt', async () => now[0]?.lastError)
  attach(reconnect, prod())
  await eventually('a connection', async () => now[0]?.state === 'connected')
  expect(asked).toHaveLength(2)
})

describe('while the keychain is locked', () => {
  const locked = problemOf(new JetwayError('NO_KEYCHAIN', { reason: 'locked' }))

  test('nobody is connected, nor forgotten; once it is unlocked whoever is signed in is', async () => {
    const reconnect = start(['prod'])
    attachWith(locked, reconnect, prod({ signedIn: false }))
    reconnect.follow([prod({ signedIn: false })])
    expect([asked, kept]).toEqual([[], ['untouched']])
    reconnect.follow([prod()])
    await eventually('a connection', async () => now[0]?.state === 'connected')
    expect(asked).toEqual(['connect prod'])
    expect(kept).toEqual(['untouched'])
  })

  test('who connects by hand is not connected a second time, and may disconnect', async () => {
    const reconnect = start(['prod'])
    attachWith(locked, reconnect, prod({ signedIn: false }))
    reconnect.follow([prod({ signedIn: false, state: 'connecting' })])
    reconnect.follow([prod({ state: 'connected' })])
    reconnect.follow([prod()])
    expect([asked, kept]).toEqual([[], []])
  })
})
