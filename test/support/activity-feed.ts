import type { IncomingMessage } from 'node:http'
import { askRelay } from '#client/ask-relay.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { type ActivityLine, ActivityReader } from '#shared/ipc/activity-lines.ts'

/** What a session's relay tells of what goes through, as it comes. */
export interface OpenFeed {
  readonly response: IncomingMessage
  /** Every line so far. */
  readonly lines: ActivityLine[]
  /** Resolves when a line fits, one that was there already as well. */
  until(fits: (line: ActivityLine) => boolean): Promise<ActivityLine>
  close(): void
}

export async function openFeed(tunnel: Tunnel): Promise<OpenFeed> {
  const response = await askRelay(tunnel, '/activity', new AbortController().signal)
  const reader = new ActivityReader()
  const lines: ActivityLine[] = []
  let moved = () => {}
  response.on('data', (chunk: Buffer) => {
    lines.push(...reader.push(chunk))
    moved()
  })
  response.on('close', () => moved())
  response.on('error', () => {})
  return {
    response,
    lines,
    async until(fits) {
      for (;;) {
        const found = lines.find(fits)
        if (found) return found
        if (response.closed) throw new Error('the feed has ended')
        await new Promise<void>((resolve) => {
          moved = resolve
        })
      }
    },
    close: () => response.destroy(),
  }
}
