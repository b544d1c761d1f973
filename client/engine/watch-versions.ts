import type { Access } from '#shared/ipc/access.ts'
import { askAccess } from '../ask-relay.ts'
import { scheduler as real } from '../scheduler.ts'
import type { Tunnel } from '../tunnel.ts'

type Asked = Pick<Tunnel, 'openToRelay' | 'isLeaving' | 'closed'>

const everyMs = 15 * 60_000

/**
 * Asks a relay which version it is, and which Airflow runs behind it: now, and every 15 minutes until the session takes no
 * new connections. An answer that does not come is one of a quarter of an hour later.
 */
export function watchVersions(tunnel: Asked, tell: (told: Access) => void, scheduler = real): void {
  const ask = () => {
    if (tunnel.isLeaving) return
    cancel = scheduler.after(everyMs, ask)
    askAccess(tunnel).then(tell, () => {})
  }
  let cancel = () => {}
  ask()
  void tunnel.closed.then(() => cancel())
}
