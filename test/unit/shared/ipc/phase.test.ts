import { expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { EnvironmentStatus, ServiceStatus } from '#shared/ipc/control.ts'
import { statusLine } from '#shared/ipc/phase.ts'
import { environmentStatus } from '../../../support/control-double.ts'

const person = { subject: 'ana', name: 'Ana Reyes', email: 'ana@example.com' }
const ended = problemOf(new JetwayError('SIGN_IN_ENDED', { environment: 'demo' }))
const cancelled = problemOf(new JetwayError('SIGN_IN_CANCELLED'))

const airflow = environmentStatus().services[0] as ServiceStatus
const takenBy = (localPort: number) => ({
  ...airflow,
  localPort,
  localUrl: null,
  taken: { owner: 'node', suggestion: null },
})

test.each<[Partial<EnvironmentStatus>, string]>([
  [{}, 'demo · not connected'],
  [{ state: 'connecting' }, 'demo · connecting…'],
  [{ state: 'connecting', signingIn: true }, 'demo · finish the sign-in in your browser'],
  [{ state: 'connected' }, 'demo · connected'],
  [{ state: 'connected', person }, 'demo · connected as ana@example.com'],
  [{ state: 'connected', person: { ...person, email: null } }, 'demo · connected as Ana Reyes'],
  [{ state: 'reconnecting', person }, 'demo · reconnecting…'],
  [{ lastError: ended }, `demo · ${ended.title}`],
  [{ lastError: cancelled }, 'demo · not connected'],
  [{ state: 'connected', person, production: true }, 'demo · PRODUCTION · connected as ana@example.com'],
  [{ production: true }, 'demo · PRODUCTION · not connected'],
  [
    { state: 'connected', person, services: [airflow, takenBy(5433)] },
    'demo · connected as ana@example.com · port 5433 is taken',
  ],
  [
    { state: 'connected', services: [takenBy(8080), airflow, takenBy(5433)] },
    'demo · connected · ports 8080, 5433 are taken',
  ],
  [{ services: [takenBy(8080)] }, 'demo · not connected'],
])('%j', (part, line) => expect(statusLine(environmentStatus(part))).toBe(line))
