import { AccessRequestFeed } from '#client/access-request-feed.ts'
import type { Tunnel } from '#client/tunnel.ts'
import type { AccessRequests } from '#shared/ipc/access-requests.ts'

/** What a session's relay tells of requests for access, as it comes. */
export function openAccessRequests(tunnel: Tunnel) {
  const all: AccessRequests[] = []
  let moved = () => {}
  let refused: Error | null = null
  const feed = new AccessRequestFeed(tunnel, {
    onTold(requests) {
      all.push(requests)
      moved()
    },
    onRefused(error) {
      refused = error
      moved()
    },
  })
  return {
    all,
    /** Resolves when what was told last fits. */
    async until(fits: (requests: AccessRequests) => boolean): Promise<AccessRequests> {
      for (;;) {
        const last = all.at(-1)
        if (last && fits(last)) return last
        if (refused) throw refused
        await new Promise<void>((resolve) => {
          moved = resolve
        })
      }
    },
    close: () => feed.close(),
  }
}
