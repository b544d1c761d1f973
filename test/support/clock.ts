import type { Scheduler } from '#shared/protocol/scheduler.ts'

/** A clock that is moved by hand. */
export function clock() {
  let now = 0
  const due: { at: number; callback: () => void }[] = []
  const scheduler: Scheduler = {
    now: () => now,
    defer: (callback) => callback(),
    after(ms, callback) {
      const one = { at: now + ms, callback }
      due.push(one)
      return () => void due.splice(due.indexOf(one), 1)
    },
  }
  return {
    scheduler,
    due,
    pass(ms: number) {
      now += ms
      for (const one of due.filter(({ at }) => at <= now)) {
        due.splice(due.indexOf(one), 1)
        one.callback()
      }
    },
  }
}
