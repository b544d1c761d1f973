import { expect, test } from 'vitest'
import { labelWithVersion, versionChange } from '#shared/ipc/airflow-version.ts'

const airflow = {
  version: '3.3.2',
  before: { version: '3.3.1', until: new Date(2026, 4, 12, 12).toISOString() },
}

test.each([
  ['airflow', airflow, 'Airflow 3.3.2'],
  ['etl', airflow, 'etl · Airflow 3.3.2'],
  ['airflow', null, 'Airflow'],
  ['grafana', null, 'grafana'],
])('%s is written as what it is', (name, version, label) => {
  expect(labelWithVersion({ name, airflow: version })).toBe(label)
})

test('a change names the day, and the year where that is another one', () => {
  expect(versionChange({ airflow }, new Date(2026, 4, 20))).toBe('was 3.3.1 until 12 May')
  expect(versionChange({ airflow }, new Date(2027, 0, 2))).toBe('was 3.3.1 until 12 May 2026')
  expect(versionChange({ airflow: { ...airflow, before: null } })).toBeNull()
  expect(versionChange({ airflow: null })).toBeNull()
})
