import type { Socket } from 'node:net'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { connectTcp, secure } from './connect.ts'
import { readConnectAnswer } from './connect-answer.ts'
import { NetworkError, networkReason } from './network-error.ts'
import type { HttpProxy } from './proxy-for.ts'
import { authorityOf, type Target } from './target.ts'

/**
 * A connection to a target through a proxy, by CONNECT (RFC 9110 §9.3.6).
 *
 * @param o.ca PEM of authorities to trust besides this machine's, for an https:// proxy
 * @throws PROXY_UNREACHABLE (a retry can help), PROXY_AUTH_REQUIRED, PROXY_REFUSED
 * @throws NetworkError when the proxy is well and the target is not (a retry can help)
 */
export async function connectThrough(
  proxy: HttpProxy,
  target: Pick<Target, 'host' | 'port'>,
  o: { ca: string | null; signal: AbortSignal },
): Promise<Socket> {
  const name = authorityOf(proxy)
  const { connection, status } = await ask(proxy, authorityOf(target), o).catch((cause) => {
    throw new JetwayError(
      'PROXY_UNREACHABLE',
      { proxy: name, reason: networkReason(cause).reason },
      { cause },
    )
  })
  if (status < 300) return connection
  connection.destroy()
  // tinyproxy says 401 to a wrong password, and 407 to none.
  if (status === 407 || status === 401) throw new JetwayError('PROXY_AUTH_REQUIRED', { proxy: name })
  if (status >= 500) throw new NetworkError(`status ${status} of the proxy ${name}`)
  throw new JetwayError('PROXY_REFUSED', { proxy: name, host: target.host, status })
}

async function ask(
  proxy: HttpProxy,
  authority: string,
  o: { ca: string | null; signal: AbortSignal },
): Promise<{ connection: Socket; status: number }> {
  const tcp = await connectTcp(proxy, o.signal)
  const connection = proxy.isSecure ? await secure(tcp, { ...o, host: proxy.host }) : tcp
  const authorization = proxy.authorization === null ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`
  connection.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`)
  return { connection, status: await statusFrom(connection, o.signal) }
}

/** Reads the head of the answer; what comes after it stays in the connection, which is paused. */
function statusFrom(connection: Socket, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const end = () => {
      signal.removeEventListener('abort', abort)
      connection.off('data', read).off('error', fail).off('close', cut).pause()
    }
    const fail = (error: unknown) => {
      end()
      connection.destroy()
      reject(error)
    }
    const abort = () => fail(signal.reason)
    const cut = () => fail(new NetworkError('connection cut'))
    const read = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      try {
        const answer = readConnectAnswer(received)
        if (!answer) return
        end()
        if (answer.rest.length > 0) connection.unshift(answer.rest)
        resolve(answer.status)
      } catch (error) {
        fail(error)
      }
    }
    signal.addEventListener('abort', abort, { once: true })
    connection.on('data', read).once('error', fail).once('close', cut)
    if (signal.aborted) abort()
  })
}
