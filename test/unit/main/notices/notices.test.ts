import { beforeEach, describe, expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { Notices } from '../../../../main/notices/notices.ts'
import { environmentStatus } from '../../../support/control-double.ts'
import { desktopState } from '../../../support/desktop-state.ts'

const stepUp = problemOf(new JetwayError('SIGN_IN_ENDED', { environment: 'demo' }))
const unreachable = problemOf(new JetwayError('RELAY_UNREACHABLE', { relay: 'relay', reason: 'none' }))
const revoked = problemOf(new JetwayError('ACCESS_REVOKED'))
const minuteMs = 60_000

let notices: Notices
beforeEach(() => {
  notices = new Notices()
})
/** What is said and withdrawn (with a minus) by cause. */
const at = (minutes: number, ...environments: Partial<EnvironmentStatus>[]): string[] => {
  const state = desktopState({ environments: environments.map((part) => environmentStatus(part)) })
  const { say, withdraw } = notices.next(state, minutes * minuteMs)
  return [...say.map(({ cause }) => cause), ...withdraw.map((cause) => `-${cause}`)]
}
const againAt = (minutes: number, ...environments: Partial<EnvironmentStatus>[]) => {
  const state = desktopState({ environments: environments.map((part) => environmentStatus(part)) })
  return (notices.next(state, minutes * minuteMs).againAtMs ?? Number.NaN) / minuteMs
}

describe('a sign-in that is needed', () => {
  test('is said once, whatever else changes, and again the next time', () => {
    expect(at(0, { state: 'connected' })).toEqual([])
    expect(at(0, { state: 'connected', stepUp })).toEqual(['sign-in demo'])
    expect(at(0, { state: 'reconnecting', stepUp })).toEqual([])
    expect(at(0, { state: 'disconnected', stepUp, lastError: stepUp })).toEqual([])
    // An engine that comes back says it anew, and it was said.
    expect(notices.next(desktopState({ engine: 'restarting' }), 0)).toMatchObject({ say: [], withdraw: [] })
    expect(at(0, { state: 'disconnected', stepUp })).toEqual([])
    expect(at(0, { state: 'connected' })).toEqual(['-sign-in demo'])
    expect(at(0, { state: 'connected', stepUp })).toEqual(['sign-in demo'])
  })

  test('is taken back while the person signs in, and not said again when they leave it', () => {
    at(0, { state: 'connected', stepUp })
    expect(at(0, { state: 'connected', stepUp, signingIn: true })).toEqual(['-sign-in demo'])
    expect(at(0, { state: 'connected', stepUp })).toEqual([])
  })

  test('is said for each environment, and to nobody who signs in already', () => {
    const first = { name: 'one', stepUp, signingIn: true }
    expect(at(0, first, { name: 'two', stepUp })).toEqual(['sign-in two'])
    expect(at(0, { ...first, signingIn: false }, { name: 'two', stepUp })).toEqual(['sign-in one'])
  })

  test('signs in where it is connected, and connects where it is not', () => {
    const action = (state: EnvironmentStatus['state']) =>
      new Notices().next(desktopState({ environments: [environmentStatus({ state, stepUp })] }), 0).say[0]
        ?.action.do
    expect(action('connected')).toBe('signIn')
    expect(action('disconnected')).toBe('connect')
  })
})

describe('a sign-in that ends', () => {
  const ends = (minutes: number) => new Date(minutes * minuteMs).toISOString()
  const connected = { state: 'connected', signInEnds: ends(100) } as const

  test('is said ten minutes before, and taken back with the next one', () => {
    expect(againAt(0, connected)).toBe(90)
    expect(at(89, connected)).toEqual([])
    expect(at(90, connected)).toEqual(['ends demo'])
    expect(at(95, connected)).toEqual([])
    expect(at(95, { ...connected, signInEnds: ends(200) })).toEqual(['-ends demo'])
  })

  test('that is short is no news, nor where one is needed already or nothing is connected', () => {
    expect(at(95, connected)).toEqual([])
    expect(at(96, connected)).toEqual([])
    at(0, { ...connected, signInEnds: ends(300) })
    expect(at(295, { ...connected, signInEnds: ends(300), state: 'disconnected' })).toEqual([])
    expect(at(296, { ...connected, signInEnds: ends(300), stepUp })).toEqual(['sign-in demo'])
    expect(at(300, { ...connected, signInEnds: ends(300) })).toEqual(['-sign-in demo'])
  })
})

describe('a connection that is lost', () => {
  const lost = { state: 'reconnecting', lastError: unreachable } as const

  test('is said after a minute, and taken back when it is there again', () => {
    expect(againAt(0, lost)).toBe(1)
    expect(at(0.9, lost)).toEqual([])
    expect(at(1, lost)).toEqual(['lost'])
    expect(at(5, lost)).toEqual([])
    expect(at(6, { state: 'connected' })).toEqual(['-lost'])
    expect(at(6, lost)).toEqual([])
    expect(at(6.9, { state: 'connected' })).toEqual([])
  })

  test('is said once for all environments', () => {
    const both = [
      { name: 'one', ...lost },
      { name: 'two', ...lost },
    ]
    at(0, ...both)
    expect(at(1, ...both, { name: 'three', ...lost })).toEqual(['lost'])
    expect(at(3, ...both, { name: 'three', ...lost })).toEqual([])
    expect(at(4, { name: 'one', state: 'connected' }, { name: 'two', ...lost })).toEqual([])
  })

  test('for good is said at once, unless the person has asked for that or tries it anew', () => {
    at(0, { state: 'connected' })
    expect(at(0, { state: 'disconnected', lastError: revoked })).toEqual(['ended demo'])
    expect(at(0, { state: 'connecting', lastError: revoked })).toEqual(['-ended demo'])
    expect(at(0, { state: 'disconnected', lastError: revoked })).toEqual([])
    at(0, { state: 'connected' })
    expect(at(0, { state: 'disconnected', lastError: null })).toEqual([])
  })
})
