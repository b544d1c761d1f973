import { networkInterfaces } from 'node:os'

const everyMs = 1000
/** A timer that comes so much too late was asleep with its machine. */
const sleptMs = 4000

/**
 * Calls `changed` when the machine woke up, or its addresses changed: connections may be dead then without knowing it.
 *
 * @returns ends it
 */
export function watchSurroundings(changed: () => void): () => void {
  let addresses = addressesNow()
  // The clock on the wall: the other one may stand still in sleep.
  let at = Date.now()
  const timer = setInterval(() => {
    const before = { addresses, at }
    addresses = addressesNow()
    at = Date.now()
    if (addresses !== before.addresses || at - before.at > everyMs + sleptMs) changed()
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

function addressesNow(): string {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
    .sort()
    .join(' ')
}
