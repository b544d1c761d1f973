import { expect, test } from 'vitest'
import { sawAirflow, shownAirflow } from '#client/engine/airflow-seen.ts'
import type { SavedEnvironment } from '#client/environments.ts'

type Services = SavedEnvironment['services']

const at = (day: number, hour = 0) => new Date(Date.UTC(2026, 4, day, hour))
const told = (version: string | null | undefined, name = 'airflow') => [
  { name, type: 'airflow' as const, airflowRole: null, grants: [], version },
]
const unseen: Services = [
  { name: 'airflow', type: 'airflow', localPort: 8080, airflow: null },
  { name: 'constructor', type: 'http', localPort: 8081, airflow: null },
]
const shown = ([airflow]: Services, now: Date) => shownAirflow(airflow?.airflow ?? null, now)

test('a change is noticed, with when the version before was seen last, and shown for two weeks', () => {
  const first = sawAirflow(unseen, told('3.3.1'), at(1))
  expect(shown(first, at(1))).toEqual({ version: '3.3.1', before: null })
  const seen = sawAirflow(first, told('3.3.1'), at(12))
  // Somebody was away for long: the two weeks begin when they look.
  const changed = sawAirflow(seen, told('3.3.2'), at(30))
  const before = { version: '3.3.1', until: at(12).toISOString() }
  expect(shown(changed, at(30))).toEqual({ version: '3.3.2', before })
  expect(shown(sawAirflow(changed, told('3.3.2'), at(40)), new Date(at(44).getTime() - 1))).toEqual({
    version: '3.3.2',
    before,
  })
  expect(shown(changed, at(44))).toEqual({ version: '3.3.2', before: null })
})

test('one that cannot be known now is what it was', () => {
  const seen = sawAirflow(unseen, told('3.3.1'), at(1))
  for (const version of [null, undefined]) expect(sawAirflow(seen, told(version), at(9))).toBe(seen)
  expect(sawAirflow(seen, [], at(9))).toBe(seen)
})

test('when it was seen is kept to the day, and what is not there is not kept', () => {
  const seen = sawAirflow(unseen, told('3.3.1'), at(1))
  expect(sawAirflow(seen, told('3.3.1'), at(1, 23))).toBe(seen)
  expect(sawAirflow(seen, told('3.3.1'), at(2))[0]?.airflow).toMatchObject({ seen: at(2).toISOString() })
  expect(sawAirflow(seen, told('3.3.2', 'other'), at(2))).toBe(seen)
})
