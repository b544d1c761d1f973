import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectSecurely, type TLSSocket } from 'node:tls'
import { secureContextFor } from './authorities.ts'
import { NetworkError } from './network-error.ts'
import type { Target } from './target.ts'

/** After it the next address of a name is tried as well (RFC 8305 §5). */
const attemptMs = 250

/**
 * Connects to the first address of a name that answers, trying one after the other (happy eyeballs, RFC 8305).
 *
 * @param signal its reason is what the promise rejects with
 * @param lookup resolves the name; the system does by default
 * @throws what `node:net` reports
 */
export function connectTcp(
  target: Pick<Target, 'host' | 'port'>,
  signal: AbortSignal,
  lookup?: LookupFunction,
): Promise<Socket> {
  const socket = connect({
    host: target.host,
    port: target.port,
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMs,
    ...(lookup ? { lookup } : {}),
  })
  return settled(socket, 'connect', signal)
}

/**
 * TLS over a connection, verified for `host`.
 *
 * @param ca PEM of authorities to trust besides this machine's; null for none
 * @throws what `node:tls` reports; the connection is closed then
 */
export function secure(
  connection: Socket,
  o: { host: string; ca: string | null; signal: AbortSignal },
): Promise<TLSSocket> {
  const socket = connectSecurely({
    socket: connection,
    host: o.host,
    // Server names are names only (RFC 6066 §3); an address is verified all the same.
    servername: isIP(o.host) ? '' : o.host,
    ALPNProtocols: ['http/1.1'],
    secureContext: secureContextFor(o.ca),
    // Not for the environment to turn off
    rejectUnauthorized: true,
  })
  return settled(socket, 'secureConnect', o.signal)
}

/** The socket once `event` has come; destroyed when an error or the signal comes first. */
function settled<T extends Socket>(
  socket: T,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(signal.reason)
    const settle = (done: () => void) => {
      signal.removeEventListener('abort', abort)
      done()
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.once(event, () => settle(() => resolve(socket)))
    // These stay: between two owners an error must not be nobody's.
    socket.on('error', (error) => settle(() => reject(error)))
    socket.once('close', () => settle(() => reject(new NetworkError('connection cut'))))
    if (signal.aborted) abort()
  })
}
