import { type SpanContext, TraceFlags } from '@opentelemetry/api'

/**
 * Reads a `traceparent` (W3C Trace Context, version 00; of later versions the part that 00 knows).
 *
 * @returns null where it is none
 */
export function parseTraceParent(value: string | string[] | undefined): SpanContext | null {
  if (typeof value !== 'string') return null
  const [, version, traceId = '', spanId = '', flags = '', more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(value) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true }
}

export function formatTraceParent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
