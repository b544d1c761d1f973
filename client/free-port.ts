import { createServer, type Server } from 'node:net'

/** How far from a taken port another one is looked for. */
const range = 100
/** Below it only administrators may listen, on most systems. */
const firstOfEveryone = 1024
const maxPort = 65_535

/**
 * A free port after this one, near it; null where there is none.
 *
 * @param reserved ports that are free and promised to someone
 */
export async function freePortNear(
  port: number,
  reserved: ReadonlySet<number> = new Set(),
): Promise<number | null> {
  const first = Math.max(port + 1, firstOfEveryone)
  for (let candidate = first; candidate < first + range && candidate <= maxPort; candidate += 1) {
    if (!reserved.has(candidate) && (await isPortFree(candidate))) return candidate
  }
  return null
}

/** Whether this process could listen there, on 127.0.0.1 and on ::1. */
export async function isPortFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    // No longer than that: the other one may be someone's, who is not to find us there.
    if (isTaken(await listenCode(host, port))) return false
  }
  return true
}

/** Whether listening failed because the port is not to be had, as opposed to an address that this machine lacks. */
export function isTaken(code: string | undefined): boolean {
  return code === 'EADDRINUSE' || code === 'EACCES'
}

function listenCode(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe: Server = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(undefined)))
  })
}
