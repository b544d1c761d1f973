import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { pageSecurityPolicy } from '#shared/errors/page.ts'
import { messagePage } from '#shared/message-page.ts'

/** Where the provider sends the browser back to (RFC 8252 §7.3). */
export interface LoopbackListener {
  readonly redirectUri: string
  /** The callback with the expected state; its browser waits for `answer`. */
  readonly callback: Promise<Callback>
  close(): void
}

interface Callback {
  /** The redirect URI with what the provider added. */
  readonly url: URL
  answer(outcome: 'signed-in' | 'failed'): void
}

const path = '/callback'

/**
 * Listens on 127.0.0.1 alone, for one callback. Anything that does not carry `state` is answered and ignored,
 * so that no other page or program can end the sign-in.
 *
 * @param ports ports that the provider has registered; null for any free one
 * @throws PORT_TAKEN when none of `ports` is free
 */
export async function listenForCallback(
  ports: readonly number[] | null,
  state: string,
): Promise<LoopbackListener> {
  let resolve: (callback: Callback) => void
  const callback = new Promise<Callback>((r) => {
    resolve = r
  })
  let taken = false
  const server = createServer((request, response) => {
    const { method, url: target = '', headers } = request
    // The very address that the provider was given, as it stands: whatever else could be read as it is not.
    const isHere = method === 'GET' && headers.host === host && target.startsWith(`${path}?`)
    const url = isHere ? new URL(target, redirectUri) : null
    const states = url?.searchParams.getAll('state') ?? []
    if (url === null || states.length !== 1 || states[0] !== state || taken) {
      respond(response, 400, 'Nothing to do here', 'This sign-in is over, or it is another one’s.')
      return
    }
    taken = true
    resolve({ url, answer: (outcome) => finish(response, outcome) })
  })
  const port = await listenOnOneOf(server, ports ?? [0])
  const host = `127.0.0.1:${port}`
  const redirectUri = `http://${host}${path}`
  return {
    redirectUri,
    callback,
    close() {
      server.close()
      // The last answer is on its way; whoever keeps a connection open after it is cut.
      setTimeout(() => server.closeAllConnections(), 1000).unref()
    },
  }
}

async function listenOnOneOf(
  server: ReturnType<typeof createServer>,
  ports: readonly number[],
): Promise<number> {
  for (const port of ports) {
    server.listen({ host: '127.0.0.1', port, exclusive: true })
    const failure = await Promise.race([
      once(server, 'listening').then(() => null),
      once(server, 'error').then(([error]) => error as Error),
    ]).catch((error: unknown) => error)
    if (failure === null) return (server.address() as AddressInfo).port
  }
  throw new JetwayError('PORT_TAKEN', {
    port: ports.join(', '),
    owner: 'other programs',
    suggestion: 'one that is registered at the provider',
  })
}

function finish(response: ServerResponse, outcome: 'signed-in' | 'failed'): void {
  if (outcome === 'signed-in') respond(response, 200, 'You are signed in', 'You can close this window.')
  else respond(response, 400, 'That did not work', 'Go back to Jetway; it says why.')
}

function respond(response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': pageSecurityPolicy,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  })
  response.end(messagePage(title, text))
}
