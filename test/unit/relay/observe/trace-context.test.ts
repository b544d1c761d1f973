import { expect, test } from 'vitest'
import { formatTraceParent, parseTraceParent } from '../../../../relay/observe/trace-context.ts'

const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']

test.each([
  [`00-${traceId}-${spanId}-01`, { traceId, spanId, traceFlags: 1, isRemote: true }],
  [`00-${traceId}-${spanId}-00`, { traceId, spanId, traceFlags: 0, isRemote: true }],
  [`00-${traceId}-${spanId}-fe`, { traceId, spanId, traceFlags: 0, isRemote: true }],
  [`cc-${traceId}-${spanId}-01-what-comes-later`, { traceId, spanId, traceFlags: 1, isRemote: true }],
  [`00-${traceId}-${spanId}-01-more`, null],
  [`ff-${traceId}-${spanId}-01`, null],
  [`00-${'0'.repeat(32)}-${spanId}-01`, null],
  [`00-${traceId}-${'0'.repeat(16)}-01`, null],
  [`00-${traceId.toUpperCase()}-${spanId}-01`, null],
  [`00-${traceId}-${spanId}`, null],
  [`00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`, null],
  ['', null],
])('%s', (text, context) => {
  expect(parseTraceParent(text)).toEqual(context)
})

test('several, or none', () => {
  expect(parseTraceParent(undefined)).toBeNull()
  expect(parseTraceParent([`00-${traceId}-${spanId}-01`])).toBeNull()
})

test('what is written is read', () => {
  const context = { traceId, spanId, traceFlags: 1 }
  expect(parseTraceParent(formatTraceParent(context))).toMatchObject(context)
})
