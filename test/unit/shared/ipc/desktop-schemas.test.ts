import { describe, expect, test } from 'vitest'
import type { DesktopMethod } from '#shared/ipc/desktop.ts'
import { desktopSchemas } from '#shared/ipc/desktop-schemas.ts'

const takes = (method: DesktopMethod, params: object) =>
  desktopSchemas[method].safeParse({ environment: 'prod', ...params }).success

describe('what the window asks about requests for access is held at the border', () => {
  const asked = { policy: 'request:data-eng:user:*', reason: 'Because.', seconds: 3600 }
  test.each([
    [asked, true],
    [{ ...asked, reason: 'x'.repeat(500) }, true],
    [{ ...asked, reason: 'x'.repeat(501) }, false],
    [{ ...asked, reason: '   ' }, false],
    [{ ...asked, seconds: 0 }, false],
    [{ ...asked, seconds: 1.5 }, false],
    [{ ...asked, policy: '' }, false],
    [{ ...asked, policy: 'x'.repeat(1025) }, false],
    [{ ...asked, environment: '../other' }, false],
    [{ ...asked, more: true }, false],
  ])('requestAccess %#', (params, isTaken) => expect(takes('requestAccess', params)).toBe(isTaken))

  const decided = { id: 'r1', decision: 'approve', note: null }
  test.each([
    [decided, true],
    [{ ...decided, decision: 'deny', note: 'x'.repeat(500) }, true],
    [{ ...decided, decision: 'end' }, false],
    [{ ...decided, note: 'x'.repeat(501) }, false],
    [{ ...decided, note: '' }, false],
    [{ ...decided, id: 'x'.repeat(65) }, false],
  ])('decideAccessRequest %#', (params, isTaken) =>
    expect(takes('decideAccessRequest', params)).toBe(isTaken),
  )

  test('endAccessRequest takes an id, and arrive nothing', () => {
    expect(takes('endAccessRequest', { id: 'x'.repeat(64) })).toBe(true)
    expect(takes('endAccessRequest', { id: '' })).toBe(false)
    expect(desktopSchemas.arrive.safeParse({}).success).toBe(true)
    expect(takes('arrive', {})).toBe(false)
  })
})
