import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What an OTLP collector takes over HTTP, as JSON. */
export interface OtlpReceiver {
  readonly url: string
  readonly spans: OtlpSpan[]
  readonly logs: OtlpLog[]
  /** Everything that came, as it came. */
  readonly text: string
  close(): void
}

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
}

interface OtlpLog {
  readonly eventName?: string
  readonly body: unknown
}

type AnyValue = { readonly [kind: string]: unknown }
type KeyValue = { readonly key: string; readonly value: AnyValue }

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const [spans, logs, texts]: [OtlpSpan[], OtlpLog[], string[]] = [[], [], []]
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    texts.push(text)
    const document = JSON.parse(text)
    for (const { scopeSpans } of document.resourceSpans ?? [])
      for (const scope of scopeSpans)
        for (const span of scope.spans) spans.push({ ...span, attributes: recordOf(span.attributes) })
    for (const { scopeLogs } of document.resourceLogs ?? [])
      for (const scope of scopeLogs)
        for (const log of scope.logRecords) logs.push({ ...log, body: plainOf(log.body) })
    response.setHeader('content-type', 'application/json').end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    logs,
    get text() {
      return texts.join('\n')
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function recordOf(pairs: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plainOf(value)]))
}

function plainOf(value: AnyValue): unknown {
  const [kind, content] = Object.entries(value)[0] ?? []
  if (kind === 'kvlistValue') return recordOf((content as { values: KeyValue[] }).values)
  if (kind === 'arrayValue') return (content as { values: AnyValue[] }).values.map(plainOf)
  if (kind === 'intValue') return Number(content)
  return content ?? null
}
