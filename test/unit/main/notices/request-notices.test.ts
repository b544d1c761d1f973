import { beforeEach, describe, expect, test } from 'vitest'
import type { AccessRequest, AccessRequests } from '#shared/ipc/access-requests.ts'
import type { RequestsKnown } from '#shared/ipc/desktop.ts'
import { Notices } from '../../../../main/notices/notices.ts'
import { accessRequest, noRequests } from '../../../support/access-requests.ts'
import { environmentStatus } from '../../../support/control-double.ts'
import { desktopState } from '../../../support/desktop-state.ts'

const minuteMs = 60_000
const person = { subject: 'ana', name: 'Ana Reyes', email: null }
const at = (minutes: number) => new Date(minutes * minuteMs).toISOString()

let notices: Notices
beforeEach(() => {
  notices = new Notices()
})

const look = (minutes: number, known: RequestsKnown | null, subject = 'ana') =>
  notices.next(
    desktopState({
      environments: [environmentStatus({ name: 'prod', state: 'connected', person: { ...person, subject } })],
      accessRequests: known === null ? {} : { prod: known },
    }),
    minutes * minuteMs,
  )
/** What is said and withdrawn (with a minus) by cause. */
const told = (minutes: number, requests: Partial<AccessRequests> | null, subject?: string): string[] => {
  const known =
    requests === null ? null : ({ kind: 'known', requests: { ...noRequests, ...requests } } as const)
  const { say, withdraw } = look(minutes, known, subject)
  return [...say.map(({ cause }) => cause), ...withdraw.map((cause) => `-${cause}`)]
}
const said = (requests: Partial<AccessRequests>, minutes = 0) =>
  look(minutes, { kind: 'known', requests: { ...noRequests, ...requests } }).say[0]

describe('a request that waits for the person', () => {
  const [one, two, three] = ['r1', 'r2', 'r3'].map((id) => accessRequest({ id })) as [
    AccessRequest,
    AccessRequest,
    AccessRequest,
  ]

  test('is said once, with who asks for what and why, and taken back when it does not wait any more', () => {
    expect(told(0, {})).toEqual([])
    expect(said({ toDecide: [one] })).toEqual({
      isQuiet: false,
      cause: 'request r1 prod',
      title: 'prod: Bo Lin asks for operator on sales_*',
      body: 'For 4 h. “The backfill of the weekend stands still.”',
      action: { do: 'showRequests', environment: 'prod', request: 'r1', label: 'Review' },
    })
    expect(told(1, { toDecide: [one] })).toEqual([])
    expect(told(1, { toDecide: [one, two] })).toEqual(['request r2 prod'])
    expect(told(2, { toDecide: [{ ...one, state: 'approved' }, two] })).toEqual(['-request r1 prod'])
    expect(told(2, {})).toEqual(['-request r2 prod'])
  })

  test('is one of several that came at once: they are said as one', () => {
    expect(said({ toDecide: [one, two, { ...three, name: 'Cy' }] })).toMatchObject({
      cause: 'requests r1 prod',
      title: 'prod: 3 requests wait for you',
      body: 'Of Bo Lin, Cy.',
      action: { request: null },
    })
    expect(told(0, { toDecide: [two, three] })).toEqual([])
    expect(told(0, { toDecide: [three] })).toEqual([])
    expect(told(0, { toDecide: [] })).toEqual(['-requests r1 prod'])
  })

  test('is not said again after a connection that was lost', () => {
    told(0, { toDecide: [one] })
    expect(told(1, null)).toEqual(['-request r1 prod'])
    expect(told(2, { toDecide: [one] })).toEqual([])
  })

  test('is not said to another person for what the one before knew', () => {
    told(0, { toDecide: [one] })
    expect(told(1, { mine: [accessRequest({ id: 'm', state: 'approved' })] }, 'bo')).toEqual([
      '-request r1 prod',
    ])
  })
})

describe('the person’s own request', () => {
  const mine = (part: Partial<AccessRequest> = {}) => [
    accessRequest({ name: 'Ana Reyes', until: at(180), ...part }),
  ]
  const decision = { by: 'Bo Lin', at: at(5), note: 'Until the weekend.' }
  const approved = mine({ state: 'approved', until: at(245), decision })

  test('is said when it is approved, and taken back when it is over', () => {
    told(0, { mine: mine() })
    expect(said({ mine: approved }, 5)).toMatchObject({
      cause: 'approved r1 prod',
      title: 'prod: you have been given operator on sales_*',
      body: 'By Bo Lin. For 4 h. “Until the weekend.”',
    })
    expect(told(6, { mine: approved })).toEqual([])
    expect(told(7, { mine: mine({ state: 'ended', decision, endedBy: 'Ana Reyes' }) })).toEqual([
      '-approved r1 prod',
    ])
  })

  test('is said when it is denied, or when nobody has decided', () => {
    told(0, { mine: mine() })
    expect(said({ mine: mine({ state: 'denied', decision }) })).toMatchObject({
      cause: 'denied r1 prod',
      title: 'prod: you are not given operator on sales_*',
      body: 'By Bo Lin. “Until the weekend.”',
    })
    told(0, { mine: mine({ id: 'r2' }) })
    expect(told(1, { mine: mine({ id: 'r2', state: 'expired' }) })).toEqual(['nobody r2 prod'])
  })

  test('is said when it is taken back, or its rule is gone; not when the person ends it, or its time is over', () => {
    const end = (part: Partial<AccessRequest>) => {
      notices = new Notices()
      told(5, { mine: approved })
      return told(10, { mine: mine({ decision, until: null, ...part }) })
    }
    expect(end({ state: 'ended', endedBy: 'Bo Lin' })).toEqual(['ended r1 prod'])
    expect(end({ state: 'expired' })).toEqual(['ended r1 prod'])
    expect(end({ state: 'ended', endedBy: 'Ana Reyes' })).toEqual([])
    notices = new Notices()
    told(5, { mine: approved })
    expect(told(245, { mine: mine({ state: 'expired', decision, until: null }) })).toEqual([])
  })

  test('that was withdrawn is no news', () => {
    told(0, { mine: mine() })
    expect(told(1, { mine: mine({ state: 'ended', endedBy: 'Ana Reyes' }) })).toEqual([])
  })

  test('that ends in ten minutes is said, unless it was given for as short', () => {
    const known = { kind: 'known', requests: { ...noRequests, mine: approved } } as const
    expect(look(5, known).againAtMs).toBe(235 * minuteMs)
    expect(look(234, known).say).toEqual([])
    expect(look(235, known).say).toMatchObject([{ cause: 'ends r1 prod', body: /^In 10 min\./ }])
    expect(look(240, known).say).toEqual([])
    notices = new Notices()
    expect(look(236, known).say).toEqual([])
  })

  test('that was decided before Jetway started is no news', () => {
    expect(told(0, { mine: [...approved, ...mine({ id: 'r2', state: 'denied', decision })] })).toEqual([])
  })
})
