import { expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { actionOf, Notices } from '../../../../main/notices/notices.ts'
import { environmentStatus } from '../../../support/control-double.ts'
import { desktopState } from '../../../support/desktop-state.ts'

const stepUp = problemOf(new JetwayError('SIGN_IN_ENDED', { environment: 'demo' }))
const stateOf = (...environments: Partial<EnvironmentStatus>[]): DesktopState =>
  desktopState({ environments: environments.map((part) => environmentStatus(part)) })

test('a sign-in that is needed is said once, whatever else changes, and again the next time', () => {
  const notices = new Notices()
  const said = (part: Partial<EnvironmentStatus>) => notices.next(stateOf(part)).length
  expect(said({ state: 'connected' })).toBe(0)
  expect(said({ state: 'connected', stepUp })).toBe(1)
  expect(said({ state: 'reconnecting', stepUp })).toBe(0)
  expect(said({ state: 'disconnected', stepUp, lastError: stepUp })).toBe(0)
  expect(said({ state: 'connecting', stepUp, signingIn: true })).toBe(0)
  // An engine that comes back says it anew, and it was said.
  expect(notices.next({ ...stateOf(), engine: 'restarting' })).toEqual([])
  expect(said({ state: 'disconnected', stepUp })).toBe(0)
  expect(said({ state: 'connected' })).toBe(0)
  expect(said({ state: 'connected', stepUp })).toBe(1)
})

test('each environment has its own, and nobody is told who is signing in already', () => {
  const notices = new Notices()
  const first = { name: 'one', stepUp, signingIn: true }
  expect(notices.next(stateOf(first, { name: 'two', stepUp }))).toEqual([
    { environment: 'two', problem: stepUp },
  ])
  expect(notices.next(stateOf({ ...first, signingIn: false }, { name: 'two', stepUp }))).toHaveLength(1)
})

test('a click signs in where it is connected, and connects where it is not', () => {
  expect(actionOf({ state: 'connected' })).toBe('signIn')
  expect(actionOf({ state: 'disconnected' })).toBe('connect')
})
