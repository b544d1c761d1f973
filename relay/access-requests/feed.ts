import type { ServerResponse } from 'node:http'
import type { AccessRequests } from '#shared/ipc/access-requests.ts'

/** What changes in between leaves together. */
const everyMs = 100

/**
 * Answers with what someone is told of requests for access, a line for the whole of it, at once and whenever it has
 * changed. Who reads slowly is told the latest, and nothing of what was in between.
 *
 * @param o.tell what there is to tell now
 * @param o.listen calls back when that may be another. @returns ends that
 */
export function sendAccessRequests(o: {
  response: ServerResponse
  id: string
  tell: () => AccessRequests
  listen: (listener: () => void) => () => void
}): void {
  const { response, tell } = o
  let told = ''
  let isDue = false
  let isFull = false
  let timer: NodeJS.Timeout | null = null

  const send = () => {
    timer = null
    if (isFull) return
    isDue = false
    const line = `${JSON.stringify(tell())}\n`
    if (line === told) return
    told = line
    isFull = !response.write(line)
  }
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    'x-request-id': o.id,
  })
  const leave = o.listen(() => {
    isDue = true
    timer ??= setTimeout(send, everyMs)
  })
  response.on('drain', () => {
    isFull = false
    if (isDue) send()
  })
  response.once('close', () => {
    leave()
    if (timer !== null) clearTimeout(timer)
  })
  send()
}
