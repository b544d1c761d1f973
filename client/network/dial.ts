import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { isLoopback } from '#shared/loopback.ts'
import { connectTcp, secure } from './connect.ts'
import { NetworkError } from './network-error.ts'
import { authorityOf, type Target, targetOf } from './target.ts'
import { connectThrough } from './through-proxy.ts'
import { type Way, waysTo } from './ways.ts'

/** A proxy that has not answered for so long is passed over, where there is another way. */
const nextProxyMs = 3000

export interface DialOptions {
  /** PEM of authorities to trust besides this machine's; null for none. */
  readonly ca: string | null
  /** For all of it: name, proxy, TLS. In milliseconds. */
  readonly timeoutMs: number
  /** Ends the attempt at once; its reason is what the promise rejects with. */
  readonly signal?: AbortSignal
  /** Where proxies are named; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv
}

/**
 * A connection to where a URL points, TLS for https and wss. Without TLS only this machine is reached.
 *
 * @throws as `dialTls`
 */
export function dial(url: URL, o: DialOptions): Promise<Socket> {
  const target = targetOf(url)
  if (target.isSecure) return dialTls({ ...o, ...target })
  return inTime(o, async (signal) => {
    if (!isLoopback(target.host)) throw new NetworkError('not encrypted')
    return connectTcp(target, signal)
  })
}

/**
 * A verified TLS connection (HTTP/1.1 by ALPN), directly or through the proxy that the environment names.
 *
 * @param o.host a name, or an address without brackets
 * @throws PROXY_UNREACHABLE (a retry can help), PROXY_AUTH_REQUIRED, PROXY_REFUSED, CONFIG_INVALID (the proxy's address)
 * @throws what `networkReason` explains, when the target itself is not reached or not trusted
 */
export function dialTls(o: DialOptions & { host: string; port: number }): Promise<TLSSocket> {
  return inTime(o, async (signal) => {
    const connection = await connectTo(o, { ...o, signal })
    return secure(connection, { host: o.host, ca: o.ca, signal })
  })
}

/**
 * What TLS is to go through: a connection to the target, or to the first proxy that leads there.
 *
 * @throws as `dialTls`
 */
export async function connectTo(
  target: Pick<Target, 'host' | 'port'>,
  o: { ca: string | null; env?: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Socket> {
  const { ways } = await waysTo(new URL(`https://${authorityOf(target)}`), o.env ?? process.env)
  return firstOf(ways, target, o)
}

/** @throws what the last way failed with, or the first that failed for another reason than that its proxy is not there */
export async function firstOf(
  ways: readonly Way[],
  target: Pick<Target, 'host' | 'port'>,
  o: { ca: string | null; signal: AbortSignal },
): Promise<Socket> {
  const [way, ...others] = ways
  if (way === undefined || way === 'direct') return connectTcp(target, o.signal)
  if (others.length === 0) return connectThrough(way, target, o)
  try {
    const signal = AbortSignal.any([o.signal, AbortSignal.timeout(nextProxyMs)])
    return await connectThrough(way, target, { ...o, signal })
  } catch (error) {
    if (o.signal.aborted || !isUnreachable(error)) throw error
    return firstOf(others, target, o)
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof JetwayError && error.code === 'PROXY_UNREACHABLE'
}

async function inTime<T>(
  o: Pick<DialOptions, 'signal' | 'timeoutMs'>,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new NetworkError('no answer in time')), o.timeoutMs)
  const abort = () => controller.abort(o.signal?.reason)
  o.signal?.addEventListener('abort', abort, { once: true })
  try {
    o.signal?.throwIfAborted()
    return await attempt(controller.signal)
  } catch (error) {
    // Not the network's failure, wherever it was noticed
    o.signal?.throwIfAborted()
    throw error
  } finally {
    clearTimeout(timer)
    o.signal?.removeEventListener('abort', abort)
  }
}
