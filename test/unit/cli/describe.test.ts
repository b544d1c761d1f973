import { expect, test } from 'vitest'
import type { AirflowVersion } from '#shared/ipc/airflow-version.ts'
import { describe } from '../../../cli/describe.ts'
import { environmentStatus } from '../../support/control-double.ts'

const withAirflow = (airflow: AirflowVersion | null) =>
  environmentStatus({
    state: 'connected',
    services: environmentStatus().services.map((service) => ({ ...service, airflow })),
  })
const until = new Date(new Date().getFullYear(), 4, 12, 12).toISOString()

test.each([
  ['nothing where it is not known', null, ''],
  ['its version', { version: '3.3.2', before: null }, ' · Airflow 3.3.2'],
  [
    'which one it was',
    { version: '3.3.2', before: { version: '3.3.1', until } },
    ' · Airflow 3.3.2, was 3.3.1 until 12 May',
  ],
])('the status of an Airflow says %s', (_, airflow, words) => {
  expect(describe(withAirflow(airflow))).toBe(`demo · connected\n  Airflow: http://localhost:8080${words}`)
})

test('which Jetway the relay is stands below its services', () => {
  expect(describe({ ...withAirflow(null), relayVersion: '0.2.0' })).toBe(
    'demo · connected\n  Airflow: http://localhost:8080\n  Relay: Jetway 0.2.0',
  )
})

test.each([
  [8081, '8081'],
  [null, '<port>'],
])('who has a taken port, and what to do about it: %s', (suggestion, port) => {
  const services = environmentStatus().services.map((service) => ({
    ...service,
    localUrl: null,
    taken: { owner: 'python3 (process 4242)', suggestion },
  }))
  expect(describe(environmentStatus({ state: 'connected', services }))).toBe(
    `demo · connected · port 8080 is taken
  Airflow: port 8080 is used by python3 (process 4242). Stop that program, or: jetway connect --env demo --port airflow=${port}`,
  )
})
