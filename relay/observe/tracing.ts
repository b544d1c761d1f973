import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { Exchange, Handler } from '../http/exchange.ts'
import { editsOf } from '../http/header-edits.ts'
import { formatTraceParent, parseTraceParent } from './trace-context.ts'

/** Spans of a request: the whole of it, its decision, and what the upstream does. Nothing in them names a person. */
export interface Tracing {
  /** From the head of the request to the end of its answer, within the trace that the request names. */
  readonly request: Handler
  /** The time that a handler takes until it passes on, or refuses. */
  decision(handler: Handler): Handler
  /** What the upstream does, told to it as the parent of its own spans. */
  upstream(handler: Handler): Handler
}

export function createTracing(tracer: Tracer): Tracing {
  const spans = new WeakMap<Exchange, Span>()
  const within = (exchange: Exchange): Context => {
    const span = spans.get(exchange)
    return span ? trace.setSpan(ROOT_CONTEXT, span) : ROOT_CONTEXT
  }
  return {
    request: (next) => (exchange) => {
      const { request, response, startedAt } = exchange
      const parent = parseTraceParent(request.headers.traceparent)
      const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
      const span = tracer.startSpan('request', { kind: SpanKind.SERVER, startTime: startedAt }, context)
      spans.set(exchange, span)
      response.once('close', () => endRequest(span, exchange))
      return next(exchange)
    },
    decision: (handler) => (next) => {
      const begun = new WeakMap<Exchange, Span>()
      const end = (exchange: Exchange, code?: string) => {
        const span = begun.get(exchange)
        begun.delete(exchange)
        const { decision } = exchange
        span?.setAttributes({
          'jetway.effect': decision?.effect,
          'jetway.policies': decision ? [...decision.policies] : undefined,
          'jetway.code': code,
        })
        span?.end()
      }
      const decide = handler((exchange) => {
        end(exchange)
        return next(exchange)
      })
      const refused = (exchange: Exchange, error: unknown): never => {
        end(exchange, asJetwayError(error).code)
        throw error
      }
      return (exchange) => {
        begun.set(exchange, tracer.startSpan('decision', {}, within(exchange)))
        try {
          const handled = decide(exchange)
          return typeof handled === 'boolean' ? handled : handled.catch((error) => refused(exchange, error))
        } catch (error) {
          return refused(exchange, error)
        }
      }
    },
    upstream: (handler) => (next) => {
      const forward = handler(next)
      return (exchange) => {
        const span = tracer.startSpan('upstream', { kind: SpanKind.CLIENT }, within(exchange))
        editsOf(exchange).request.set('traceparent', formatTraceParent(span.spanContext()))
        exchange.response.once('close', () => {
          span.setAttributes({
            'server.address': exchange.upstream?.origin,
            'http.response.status_code': statusOf(exchange),
          })
          if (exchange.error) span.setStatus({ code: SpanStatusCode.ERROR, message: exchange.error.code })
          span.end()
        })
        return forward(exchange)
      }
    },
  }
}

function endRequest(span: Span, exchange: Exchange): void {
  const { id, request, resolved, serviceName, error, receivedBytes, sentBytes } = exchange
  const verb = resolved?.operation.verb ?? undefined
  span.updateName(verb ?? request.method ?? 'request')
  span.setAttributes({
    'jetway.request_id': id,
    'jetway.service': serviceName ?? undefined,
    'jetway.verb': verb,
    'jetway.code': error?.code,
    'http.request.method': request.method,
    'http.route': resolved?.operation.path,
    'http.response.status_code': statusOf(exchange),
    'http.request.body.size': receivedBytes,
    'http.response.body.size': sentBytes,
  })
  // A request that is wrong is not the relay's failure (semantic conventions for HTTP servers).
  if (error && error.entry.http >= 500) span.setStatus({ code: SpanStatusCode.ERROR, message: error.code })
  span.end()
}

function statusOf({ response }: Exchange): number | undefined {
  return response.headersSent || response.statusCode === 101 ? response.statusCode : undefined
}
