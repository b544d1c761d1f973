import { expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import { statusLine } from '#shared/ipc/phase.ts'
import { environmentStatus } from '../../../support/control-double.ts'

const person = { subject: 'ana', name: 'Ana Reyes', email: 'ana@example.com' }
const ended = problemOf(new JetwayError('SIGN_IN_ENDED', { environment: 'demo' }))
const cancelled = problemOf(new JetwayError('SIGN_IN_CANCELLED'))

test.each([
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
] as const)('%j', (part, line) => expect(statusLine(environmentStatus(part))).toBe(line))
