import { once } from 'node:events'
import { createServer } from 'node:http'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { MetricsConfig } from '#shared/config/observe.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Generation } from '../generation.ts'
import type { Exchange, Handler } from '../http/exchange.ts'
import type { Tunnels } from '../tunnels.ts'

/** Where the numbers come from that are only looked at when someone asks. */
export interface Sources {
  readonly auditLog: AuditLog
  generation(): Generation
  tunnels(): Tunnels
}

export interface Metrics {
  /** Counts the requests that pass it. */
  readonly handler: Handler
  close(): void
}

/** Seconds: from a cached answer to one that somebody gave up on. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120]

/**
 * Serves `/metrics` (Prometheus) on a port of its own. Labels are verbs, classes of status and codes of the error table:
 * of no person, no DAG and no path, so their number is bounded.
 *
 * @throws CONFIG_INVALID when it cannot listen
 */
export async function startMetrics({ host, port }: MetricsConfig, sources: Sources): Promise<Metrics> {
  const registry = new Registry()
  const handler = requestMetrics(registry)
  gauges(registry, sources)
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://relay')
    if (request.method !== 'GET' || pathname !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    try {
      const text = await registry.metrics()
      response.writeHead(200, { 'content-type': registry.contentType }).end(text)
    } catch {
      // Asked before the relay is up
      response.writeHead(503).end()
    }
  })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const reason = `metrics: ${host}:${port} cannot be bound (${(cause as NodeJS.ErrnoException).code})`
    throw new JetwayError('CONFIG_INVALID', { reason }, { cause })
  }
  return {
    handler,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function requestMetrics(registry: Registry): Handler {
  const registers = [registry]
  const requests = new Counter({
    name: 'jetway_requests_total',
    help: 'Requests that have ended, by verb, class of the status sent, and decision.',
    labelNames: ['verb', 'status', 'effect'] as const,
    registers,
  })
  const durations = new Histogram({
    name: 'jetway_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['kind'] as const,
    buckets: durationBuckets,
    registers,
  })
  const bytes = new Counter({
    name: 'jetway_body_bytes_total',
    help: 'Bytes of bodies, received from people and sent to them.',
    labelNames: ['direction'] as const,
    registers,
  })
  const rejections = new Counter({
    name: 'jetway_rejections_total',
    help: 'Requests that did not complete, by code (docs/errors.md).',
    labelNames: ['code'] as const,
    registers,
  })
  const [received, sent] = [bytes.labels('received'), bytes.labels('sent')]
  const count = (exchange: Exchange) => {
    const { resolved, decision, error } = exchange
    requests.labels(resolved?.operation.verb ?? 'none', statusOf(exchange), decision?.effect ?? 'none').inc()
    durations.labels(kindOf(exchange)).observe((Date.now() - exchange.startedAt) / 1000)
    received.inc(exchange.receivedBytes)
    sent.inc(exchange.sentBytes)
    if (error) rejections.labels(error.code).inc()
  }
  return (next) => (exchange) => {
    exchange.response.once('close', () => count(exchange))
    return next(exchange)
  }
}

function statusOf({ response }: Exchange): string {
  return response.headersSent || response.statusCode === 101
    ? `${Math.floor(response.statusCode / 100)}xx`
    : 'none'
}

function kindOf({ resolved, upgrade }: Exchange): string {
  if (upgrade) return 'upgrade'
  if (!resolved) return 'other'
  return resolved.operation.changes ? 'change' : 'read'
}

function gauges(registry: Registry, { auditLog, generation, tunnels }: Sources): void {
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (set: (value: number, ...labels: string[]) => void) => void,
  ) =>
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        // What is there no more is not told any more.
        this.reset()
        read((value, ...labels) => this.labels(...labels).set(value))
      },
    })
  gauge('jetway_requests_in_flight', 'Requests that have begun and not ended.', [], (set) =>
    set(generation().inFlight.size),
  )
  gauge('jetway_requests_slow', 'Of these, without an answer for limits.requests.slowSeconds.', [], (set) =>
    set(generation().inFlight.slow),
  )
  gauge('jetway_tcp_connections', 'Connections to tcp services.', [], (set) =>
    set(generation().gate.inFlight - generation().inFlight.size),
  )
  gauge('jetway_admitted', 'Requests that a service has to answer now.', ['service'], (set) => {
    for (const [name, { underWay }] of generation().queues) set(underWay, name)
  })
  gauge('jetway_waiting', 'Requests that wait for their turn.', ['service'], (set) => {
    for (const [name, { waiting }] of generation().queues) set(waiting, name)
  })
  gauge('jetway_sessions', 'Sessions of clients.', [], (set) => set(tunnels().size))
  gauge('jetway_streams', 'Connections inside sessions.', [], (set) => set(tunnels().streamCount))
  gauge('jetway_audit_writable', '1 while audit records can be written.', [], (set) =>
    set(auditLog.writable ? 1 : 0),
  )
  gauge('jetway_generation_info', 'The configuration at work.', ['generation'], (set) =>
    set(1, generation().id),
  )
  gauge(
    'jetway_generation_start_time_seconds',
    'When it began to work, seconds since the epoch.',
    [],
    (set) => set(generation().builtAt / 1000),
  )
  gauge('process_resident_memory_bytes', 'Resident memory, in bytes.', [], (set) =>
    set(process.memoryUsage.rss()),
  )
  gauge('process_cpu_seconds_total', 'Processor time, in seconds.', [], (set) => {
    const { user, system } = process.cpuUsage()
    set((user + system) / 1e6)
  })
}
