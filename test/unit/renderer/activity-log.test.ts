import { expect, test } from 'vitest'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { ActivityLog, isChange, maxLines, noFilter } from '../../../renderer/activity/activity-log.ts'
import { activityEntry } from '../../support/activity.ts'

const entries = (from: number, count: number, part: Partial<ActivityEntry> = {}) =>
  Array.from({ length: count }, (_, i) => activityEntry({ id: `r${from + i}`, ...part }))

/** A log whose frames come when `frame` is called. */
function started(capacity?: number) {
  const waiting: (() => void)[] = []
  const log = new ActivityLog((run) => waiting.push(run), capacity)
  const frame = () => {
    for (const run of waiting.splice(0)) run()
  }
  const ids = () => Array.from({ length: log.shown }, (_, i) => log.lineAt(i)?.entry?.id ?? null)
  return { log, frame, ids, waiting }
}

test('the newest is on top', () => {
  const { log, ids } = started()
  log.append(entries(0, 3))
  log.append(entries(3, 1))
  expect(ids()).toEqual(['r3', 'r2', 'r1', 'r0'])
  expect(log.lineAt(4)).toBeNull()
})

test('whoever watches is told once a frame, however much came', () => {
  const { log, frame, waiting } = started()
  let told = 0
  const end = log.subscribe(() => {
    told += 1
  })
  for (let i = 0; i < 500; i += 1) log.append(entries(i, 1))
  expect(waiting).toHaveLength(1)
  frame()
  frame()
  expect(told).toBe(1)
  const before = log.version()
  log.append(entries(500, 1))
  frame()
  expect([told, log.version() > before]).toEqual([2, true])
  // A person sees at once what they did: a field whose letters come a frame later loses some.
  log.setFilter({ ...noFilter, text: 'orders' })
  log.holdBack('paused')
  log.holdBack('scrolled')
  log.follow()
  expect(told).toBe(5)
  end()
  log.append(entries(501, 1))
  frame()
  expect(told).toBe(5)
})

test('no more than its capacity is kept, and the oldest give way', () => {
  const { log, ids } = started(4)
  log.append(entries(0, 4))
  const third = log.lineAt(1)
  log.append(entries(4, 2))
  expect(ids()).toEqual(['r5', 'r4', 'r3', 'r2'])
  expect(log.kept).toBe(4)
  // A line keeps its number and stays the same object, for as long as it is there.
  expect(log.line(2)).toBe(third)
  expect(log.indexOf(2)).toBe(3)
  log.append(entries(6, 1))
  expect([log.line(2), log.indexOf(2)]).toEqual([null, null])
})

test('a hundred thousand are kept', () => {
  const { log } = started()
  log.append(entries(0, maxLines + 5))
  expect([maxLines, log.kept, log.shown]).toEqual([100_000, 100_000, 100_000])
  expect([log.lineAt(0)?.entry?.id, log.lineAt(99_999)?.entry?.id]).toEqual(['r100004', 'r5'])
})

test('while someone reads, new lines wait', () => {
  const { log, ids } = started()
  log.append(entries(0, 2))
  log.holdBack('scrolled')
  log.append(entries(2, 3))
  expect([ids(), log.waiting, log.kept]).toEqual([['r1', 'r0'], 3, 5])
  log.holdBack('selected')
  expect(log.hold).toBe('scrolled')
  log.follow()
  expect([ids().length, log.waiting, log.hold]).toEqual([5, 0, null])
})

test('what is read gives way in the end, and nothing that waits shows before it is asked for', () => {
  const { log, ids } = started(4)
  log.append(entries(0, 4))
  log.holdBack('paused')
  log.append(entries(4, 3))
  expect([ids(), log.waiting]).toEqual([['r3'], 3])
  log.append(entries(7, 3))
  expect([ids(), log.waiting]).toEqual([[], 4])
  log.follow()
  expect(ids()).toEqual(['r9', 'r8', 'r7', 'r6'])
})

test('filters', () => {
  const { log, ids } = started()
  log.append([
    activityEntry({ id: 'read', verb: 'log.read', dag: 'Orders_daily' }),
    activityEntry({ id: 'trigger', verb: 'run.trigger', dag: 'orders_daily', method: 'POST' }),
    activityEntry({ id: 'denied', verb: 'run.trigger', dag: 'finance_close', path: null, effect: 'deny' }),
  ])
  const filtered = (part: Partial<typeof noFilter>) => {
    log.setFilter({ ...noFilter, ...part })
    return ids()
  }
  expect(filtered({ text: 'orders' })).toEqual(['trigger', 'read'])
  expect(filtered({ text: 'ORDERS trigger' })).toEqual(['trigger'])
  expect(filtered({ text: 'read logs' })).toEqual(['read'])
  expect(filtered({ deniedOnly: true })).toEqual(['denied'])
  expect(filtered({ changesOnly: true })).toEqual(['denied', 'trigger'])
  expect(filtered({ changesOnly: true, text: 'orders' })).toEqual(['trigger'])
  expect(filtered({ text: 'nothing like it' })).toEqual([])
  log.append([activityEntry({ id: 'late', path: '/nothing/like/it' })])
  expect(ids()).toEqual(['late'])
  expect(filtered({})).toHaveLength(4)
  expect(log.indexOf(0)).toBe(3)
})

test('a filter that changes shows nothing of what waits', () => {
  const { log, ids } = started()
  log.append(entries(0, 2, { effect: 'deny' }))
  log.holdBack('paused')
  log.append(entries(2, 2, { effect: 'deny' }))
  log.setFilter({ ...noFilter, deniedOnly: true })
  expect([ids(), log.waiting]).toEqual([['r1', 'r0'], 2])
})

test('who is about to press a line has it stand still, and holds nothing against anybody', () => {
  const { log, ids } = started()
  log.append(entries(0, 5))
  log.holdBack('aimed')
  log.append(entries(5, 3))
  expect([ids().length, log.waiting, log.isFollowing]).toEqual([5, 3, true])
  log.holdBack('selected')
  log.holdBack('aimed')
  expect([log.hold, log.isFollowing]).toEqual(['selected', false])
  log.follow()
  expect(ids()).toHaveLength(8)
})

test('a filter holds while lines give way', () => {
  const { log, ids } = started(4)
  log.setFilter({ ...noFilter, deniedOnly: true })
  log.append([...entries(0, 1, { effect: 'deny' }), ...entries(1, 3)])
  expect(ids()).toEqual(['r0'])
  log.append(entries(4, 1))
  expect([ids(), log.shown]).toEqual([[], 0])
})

test('watching anew adds what is new', () => {
  const { log, ids } = started()
  log.begin(entries(0, 2))
  log.begin(entries(1, 3))
  expect(ids()).toEqual(['r3', 'r2', 'r1', 'r0'])
})

test('who was watching all along catches up without a gap', () => {
  const { log, ids } = started()
  log.begin(entries(0, 2))
  log.append([])
  log.append(entries(5, 2))
  expect(ids()).toEqual(['r6', 'r5', 'r1', 'r0'])
})

test('what comes both with what went through lately and by itself is there once', () => {
  const { log, ids } = started(3)
  log.begin([...entries(0, 2), ...entries(1, 1)])
  log.append(entries(1, 2))
  expect(ids()).toEqual(['r2', 'r1', 'r0'])
  // One that has given way is not remembered.
  log.append(entries(3, 1))
  log.append(entries(0, 1))
  expect(ids()).toEqual(['r0', 'r3', 'r2'])
})

test('where lines are missing, a line says so', () => {
  const { log, ids } = started()
  log.begin([])
  log.begin(entries(0, 1))
  log.begin(entries(5, 1))
  expect(ids()).toEqual(['r5', null, 'r0'])
  expect(log.lineAt(1)?.lost).toBeNull()
  // Where nothing went through, nothing is missing.
  log.begin([])
  expect(ids()).toEqual(['r5', null, 'r0'])
  log.append(entries(6, 1), 7)
  expect(log.lineAt(1)?.lost).toBe(7)
})

test('what changes something is told by the verb, and by the method where there is none', () => {
  expect(isChange(activityEntry({ verb: 'log.read', method: 'POST' }))).toBe(false)
  expect(isChange(activityEntry({ verb: 'run.trigger', method: 'GET' }))).toBe(true)
  expect(isChange(activityEntry({ verb: null, method: 'GET' }))).toBe(false)
  expect(isChange(activityEntry({ verb: null, method: 'DELETE' }))).toBe(true)
  expect(isChange(activityEntry({ verb: null, method: null }))).toBe(false)
})
