import { describe, expect, test } from 'vitest'
import {
  Admission,
  type AdmissionLimits,
  type Claim,
  type Priority,
  priorities,
} from '../../../../relay/http/admission.ts'
import { pick, seeded } from '../../../support/random.ts'

/** A clock that is moved by hand. */
function clock() {
  let now = 0
  let timers: { at: number; callback: () => void }[] = []
  return {
    scheduler: {
      now: () => now,
      defer: (callback: () => void) => callback(),
      after(ms: number, callback: () => void) {
        const timer = { at: now + ms, callback }
        timers.push(timer)
        return () => {
          timers = timers.filter((other) => other !== timer)
        }
      },
    },
    get timers() {
      return timers.length
    },
    advance(ms: number) {
      now += ms
      for (;;) {
        const due = timers.find(({ at }) => at <= now)
        if (!due) return
        timers = timers.filter((timer) => timer !== due)
        due.callback()
      }
    },
  }
}

const wide: AdmissionLimits = {
  total: 2,
  perPrincipal: 2,
  perRoute: 2,
  waiting: 100,
  waitingPerPrincipal: 100,
  maxWaitMs: 1000,
}
const claim = (principal: string, route = 'r', priority: Priority = 'person'): Claim => ({
  principal,
  route,
  priority,
})

/** What came of each claim, in order. */
function door(limits: Partial<AdmissionLimits> = {}) {
  const time = clock()
  const admission = new Admission({ ...wide, ...limits }, time.scheduler)
  const events: string[] = []
  return {
    time,
    admission,
    events,
    ask(name: string, what: Claim): () => void {
      if (admission.enter(what)) {
        events.push(name)
        return () => {}
      }
      return admission.wait(what, {
        onAdmitted: () => void events.push(name),
        onRefused: ({ code }) => void events.push(`${name} ${code}`),
      })
    },
  }
}

describe('limits', () => {
  test('the total: one more waits, and goes when one has ended', () => {
    const { ask, admission, events } = door()
    ask('1', claim('a', 'x'))
    ask('2', claim('b', 'y'))
    ask('3', claim('c', 'z'))
    expect([events, admission.underWay, admission.waiting]).toEqual([['1', '2'], 2, 1])
    admission.leave(claim('a', 'x'))
    expect([events, admission.underWay, admission.waiting]).toEqual([['1', '2', '3'], 2, 0])
  })

  test('a principal’s share does not hold the others', () => {
    const { ask, events } = door({ perPrincipal: 1 })
    ask('a1', claim('a'))
    ask('a2', claim('a'))
    ask('b1', claim('b'))
    expect(events).toEqual(['a1', 'b1'])
  })

  test('a route that is full does not hold the others, of the same principal either', () => {
    const { ask, events } = door({ perRoute: 1 })
    ask('a1', claim('a', 'slow'))
    ask('a2', claim('a', 'slow'))
    ask('a3', claim('a', 'fast'))
    expect(events).toEqual(['a1', 'a3'])
  })

  test('one that leaves its share and its route lets both go that it held', () => {
    const { ask, admission, events } = door({ total: 9, perPrincipal: 1, perRoute: 1 })
    ask('a1', claim('a', 'x'))
    ask('a2', claim('a', 'y'))
    ask('b1', claim('b', 'x'))
    admission.leave(claim('a', 'x'))
    expect(events).toEqual(['a1', 'a2', 'b1'])
  })

  test('the wait: just before its end nothing, at its end refused', () => {
    const { ask, time, events, admission } = door({ total: 1 })
    ask('1', claim('a'))
    ask('2', claim('b'))
    time.advance(999)
    expect(events).toEqual(['1'])
    time.advance(1)
    expect([events, admission.waiting, time.timers]).toEqual([['1', '2 OVERLOADED'], 0, 0])
  })

  test('whoever holds itself back is told so', () => {
    const { ask, time, events } = door({ total: 9, perPrincipal: 1 })
    ask('1', claim('a'))
    ask('2', claim('a'))
    time.advance(1000)
    expect(events).toEqual(['1', '2 TOO_MANY_REQUESTS'])
  })

  test('the queue of a principal', () => {
    const { ask, events } = door({ total: 1, waitingPerPrincipal: 1 })
    for (const name of ['1', '2', '3']) ask(name, claim('a'))
    expect(events).toEqual(['1', '3 TOO_MANY_REQUESTS'])
  })

  test('the whole queue', () => {
    const { ask, events } = door({ total: 1, waiting: 2 })
    for (const name of ['a', 'b', 'c', 'd']) ask(name, claim(name))
    expect(events).toEqual(['a', 'd OVERLOADED'])
  })

  test('no queue at all', () => {
    const { ask, events } = door({ total: 1, waiting: 0 })
    for (const name of ['a', 'b']) ask(name, claim(name))
    expect(events).toEqual(['a', 'b OVERLOADED'])
  })
})

describe('order', () => {
  const drain = ({ admission }: ReturnType<typeof door>, claims: Claim[]) => {
    for (const one of claims) admission.leave(one)
  }

  test('people before machines before agents', () => {
    const d = door({ total: 1 })
    d.ask('first', claim('z'))
    d.ask('agent', claim('g', 'r', 'agent'))
    d.ask('machine', claim('m', 'r', 'machine'))
    d.ask('person', claim('p'))
    drain(d, [claim('z'), claim('p'), claim('m', 'r', 'machine')])
    expect(d.events).toEqual(['first', 'person', 'machine', 'agent'])
  })

  test('principals take turns, each first come first served', () => {
    const d = door({ total: 1 })
    d.ask('first', claim('z'))
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) d.ask(name, claim(name[0] as string))
    drain(
      d,
      ['z', 'a', 'b', 'a', 'b'].map((name) => claim(name)),
    )
    expect(d.events).toEqual(['first', 'a1', 'b1', 'a2', 'b2', 'a3'])
  })

  test('a machine and an agent get their turns though people never stop', () => {
    const d = door({ total: 1 })
    d.ask('first', claim('z'))
    d.ask('machine', claim('m', 'r', 'machine'))
    d.ask('agent', claim('g', 'r', 'agent'))
    for (let i = 0; i < 40; i += 1) d.ask(`p${i}`, claim(`p${i}`))
    const all = new Map([
      ['first', claim('z')],
      ['machine', claim('m', 'r', 'machine')],
      ['agent', claim('g', 'r', 'agent')],
      ...Array.from({ length: 40 }, (_, i) => [`p${i}`, claim(`p${i}`)] as const),
    ])
    for (let i = 0; i < 20; i += 1) d.admission.leave(all.get(d.events.at(-1) as string) as Claim)
    expect(d.events).toEqual(expect.arrayContaining(['machine', 'agent']))
  })

  test('a full queue makes room for one that matters more, and for one that has fewer there', () => {
    const d = door({ total: 1, waiting: 2 })
    d.ask('first', claim('z'))
    d.ask('g1', claim('g', 'r', 'agent'))
    d.ask('a1', claim('a'))
    d.ask('a2', claim('a'))
    d.ask('b1', claim('b'))
    d.ask('g2', claim('g', 'r', 'agent'))
    d.ask('c1', claim('c'))
    expect(d.events).toEqual(['first', 'g1 OVERLOADED', 'a2 OVERLOADED', 'g2 OVERLOADED', 'c1 OVERLOADED'])
  })
})

test('one who goes away leaves at once, and nothing is kept of anyone', () => {
  const { ask, admission, time, events } = door({ total: 1 })
  ask('1', claim('a'))
  const leave = ask('2', claim('b'))
  leave()
  leave()
  expect([admission.waiting, time.timers]).toEqual([0, 0])
  admission.leave(claim('a'))
  expect([events, admission.underWay, admission.remembered]).toEqual([['1'], 0, 0])
})

test.each([1, 2, 3, 4, 5, 6, 7, 8])('whatever happens, limits and order hold (seed %i)', (seed) => {
  const random = seeded(seed)
  const limits: AdmissionLimits = {
    total: 1 + Math.floor(random() * 8),
    perPrincipal: 1 + Math.floor(random() * 4),
    perRoute: 1 + Math.floor(random() * 4),
    waiting: Math.floor(random() * 30),
    waitingPerPrincipal: Math.floor(random() * 10),
    maxWaitMs: 500,
  }
  const time = clock()
  const admission = new Admission(limits, time.scheduler)
  const underWay: Claim[] = []
  const waiting = new Map<object, { what: Claim; leave: () => void; since: number; order: number }>()
  let order = 0
  const count = (list: Iterable<Claim>, key: 'principal' | 'route', value: string) =>
    [...list].filter((one) => one[key] === value).length
  const fits = (what: Claim) =>
    underWay.length < limits.total &&
    count(underWay, 'principal', what.principal) < limits.perPrincipal &&
    count(underWay, 'route', what.route) < limits.perRoute

  for (let step = 0; step < 3000; step += 1) {
    const dice = random()
    if (dice < 0.55) {
      const who = Math.floor(random() * 6)
      const what = claim(`p${who}`, pick(random, ['x', 'y', 'z']), priorities[who % 3] as Priority)
      const room = fits(what)
      expect(admission.enter(what)).toBe(room)
      if (room) underWay.push(what)
      else {
        const id = {}
        let settled = false
        const leave = admission.wait(what, {
          onAdmitted() {
            const { order: mine } = waiting.get(id) as { order: number }
            // Nobody of the same principal and route came before it.
            for (const [, other] of waiting)
              if (other.what.principal === what.principal && other.what.route === what.route)
                expect(other.order).toBeGreaterThanOrEqual(mine)
            waiting.delete(id)
            underWay.push(what)
          },
          onRefused() {
            settled = true
            waiting.delete(id)
          },
        })
        order += 1
        if (!settled) waiting.set(id, { what, leave, since: time.scheduler.now(), order })
      }
    } else if (dice < 0.85 && underWay.length > 0) {
      const [gone] = underWay.splice(Math.floor(random() * underWay.length), 1)
      admission.leave(gone as Claim)
    } else if (dice < 0.92 && waiting.size > 0) {
      const [id, { leave }] = pick(random, [...waiting])
      leave()
      waiting.delete(id)
    } else {
      time.advance(Math.floor(random() * 200))
    }
    expect(admission.underWay).toBe(underWay.length)
    expect(admission.waiting).toBe(waiting.size)
    expect(underWay.length).toBeLessThanOrEqual(limits.total)
    expect(waiting.size).toBeLessThanOrEqual(limits.waiting)
    for (const { principal, route } of underWay) {
      expect(count(underWay, 'principal', principal)).toBeLessThanOrEqual(limits.perPrincipal)
      expect(count(underWay, 'route', route)).toBeLessThanOrEqual(limits.perRoute)
    }
    for (const { what, since } of waiting.values()) {
      // Nobody waits who could go, and nobody for longer than the limit.
      expect(fits(what)).toBe(false)
      expect(time.scheduler.now() - since).toBeLessThan(limits.maxWaitMs)
    }
  }
  for (const { leave } of waiting.values()) leave()
  for (const gone of underWay) admission.leave(gone)
  expect([admission.underWay, admission.waiting, admission.remembered, time.timers]).toEqual([0, 0, 0, 0])
})
