import { expect, test } from 'vitest'
import { requestItems } from '../../../../main/tray/request-items.ts'
import { trayMenu, trayTooltip } from '../../../../main/tray/tray-menu.ts'
import { accessRequest, noRequests } from '../../../support/access-requests.ts'
import { environmentStatus } from '../../../support/control-double.ts'
import { desktopState } from '../../../support/desktop-state.ts'

const prod = environmentStatus({ name: 'prod', state: 'connected', production: true })
const test2 = environmentStatus({ name: 'test', state: 'connected' })
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()
const many = (count: number) =>
  Array.from({ length: count }, (_, i) => accessRequest({ id: `r${i}`, askedAt: at(i), name: `Person ${i}` }))
const waiting = (...toDecide: ReturnType<typeof many>) =>
  ({ kind: 'known', requests: { ...noRequests, toDecide } }) as const
const submenu = (state: Parameters<typeof requestItems>[0]) => {
  const [first] = requestItems(state)
  if (first?.kind !== 'submenu') return null
  return { label: first.label, lines: first.items.map((item) => (item.kind === 'action' ? item.label : '?')) }
}

test('nothing waits: the menu is as it was', () => {
  const state = desktopState({
    environments: [prod],
    accessRequests: { prod: waiting(accessRequest({ state: 'approved' })) },
  })
  expect(requestItems(state)).toEqual([])
  expect(trayMenu(state, () => [])[0]).toMatchObject({ kind: 'text' })
  expect(trayTooltip(state)).toBe('prod · PRODUCTION · connected')
  for (const kind of ['none', 'failed'] as const) {
    const problem = { code: 'INTERNAL', title: '', detail: '', action: '', retryable: false } as never
    expect(requestItems({ ...state, accessRequests: { prod: { kind, problem } } })).toEqual([])
  }
})

test('who, what and for how long; the environment where there are several, the oldest on top', () => {
  const state = desktopState({
    environments: [prod],
    accessRequests: { prod: waiting(accessRequest({ askedAt: at(1) })) },
  })
  expect(submenu(state)).toEqual({
    label: 'Requests waiting for you (1)',
    lines: ['Bo Lin: operator on sales_*, for 4 h'],
  })
  expect(trayTooltip(state)).toBe('prod · PRODUCTION · connected · 1 request waits for you')
  const two = {
    ...state,
    environments: [prod, test2],
    accessRequests: { ...state.accessRequests, test: waiting(accessRequest({ id: 'r2', askedAt: at(0) })) },
  }
  expect(submenu(two)?.lines).toEqual([
    'test · Bo Lin: operator on sales_*, for 4 h',
    'prod · PRODUCTION · Bo Lin: operator on sales_*, for 4 h',
  ])
  expect(submenu({ ...two, engine: 'restarting' })).toBeNull()
})

test.each([
  [8, 8, 'Person 7: operator on sales_*, for 4 h'],
  [9, 9, 'And 1 more…'],
  [50, 9, 'And 42 more…'],
])('of %i there are %i lines', (count, lines, last) => {
  const menu = submenu(
    desktopState({ environments: [prod], accessRequests: { prod: waiting(...many(count)) } }),
  )
  expect(menu?.label).toBe(`Requests waiting for you (${count})`)
  expect(menu?.lines).toHaveLength(lines)
  expect(menu?.lines.at(-1)).toBe(last)
})

test('long names are cut, and the time stays', () => {
  const request = accessRequest({
    name: 'x'.repeat(200),
    dags: Array.from({ length: 30 }, (_, i) => `dag_${i}`),
  })
  const [line] =
    submenu(desktopState({ environments: [prod], accessRequests: { prod: waiting(request) } }))?.lines ?? []
  expect(line).toMatch(/^x{39}…: operator on dag_0, .*…, for 4 h$/)
  expect(line?.length).toBeLessThan(100)
})
