import type { ServerResponse } from 'node:http'
import type { SessionActivity } from './session-activity.ts'

/** What comes in between leaves together. */
const everyMs = 100
/** Written at once; then it is asked whether there is room for more. */
const chunkChars = 16_384

/**
 * Answers with what went through a session and what goes through from now on, as lines (docs/protocol.md). Nothing waits
 * for whoever reads: what was not taken in time is left out, oldest first, and how much that was is said.
 */
export function sendActivity(activity: SessionActivity, response: ServerResponse, id: string): void {
  let next = activity.first
  let isLive = false
  let isFull = false
  let sentAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | null = null

  const chunk = (): string => {
    let text = ''
    if (next < activity.first) {
      text = `${JSON.stringify({ lost: activity.first - next })}\n`
      next = activity.first
    }
    for (; next <= activity.count && text.length < chunkChars; next += 1) {
      text += `${JSON.stringify({ number: next, entry: activity.at(next) })}\n`
    }
    if (isLive || next <= activity.count) return text
    isLive = true
    return `${text}${JSON.stringify({ live: true })}\n`
  }
  const send = () => {
    timer = null
    sentAt = performance.now()
    while (!isFull && (!isLive || next <= activity.count)) isFull = !response.write(chunk())
  }
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    'x-request-id': id,
  })
  const leave = activity.follow({
    more() {
      if (timer === null && !isFull)
        timer = setTimeout(send, Math.max(0, everyMs - performance.now() + sentAt))
    },
    end: () => response.end(),
  })
  response.on('drain', () => {
    isFull = false
    send()
  })
  response.once('close', () => {
    leave()
    if (timer !== null) clearTimeout(timer)
  })
  send()
}
