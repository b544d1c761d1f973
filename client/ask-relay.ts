import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { type ErrorCode, errorTable } from '#shared/errors/table.ts'
import { type Access, access } from '#shared/ipc/access.ts'
import { parseJson } from '#shared/parse-json.ts'
import { protocolError } from '#shared/protocol/message.ts'
import { relayService } from '#shared/protocol/wire.ts'
import { textUpTo } from './network/https-fetch.ts'
import { unreachable } from './unreachable.ts'

/** Something that opens connections to the relay itself; a tunnel is. */
export interface ToRelay {
  openToRelay(): Duplex
}

const maxAccessBytes = 1_048_576
const maxProblemBytes = 65_536
const maxWordsChars = 4096
const accessTimeoutMs = 10_000

/**
 * Asks the relay, inside a session, what the person may do.
 *
 * @throws RELAY_UNREACHABLE, STREAM_RESET, RATE_LIMITED (a retry can help)
 * @throws PROTOCOL_ERROR when the answer cannot be read, and whatever the relay refuses with
 */
export async function askAccess(relay: ToRelay): Promise<Access> {
  const timeout = AbortSignal.timeout(accessTimeoutMs)
  try {
    const response = await askRelay(relay, '/access', timeout)
    const parsed = access.safeParse(parseJson(await textUpTo({ body: response }, maxAccessBytes)))
    if (!parsed.success) throw protocolError('access of another form')
    return parsed.data
  } catch (error) {
    throw timeout.aborted ? unreachable('no answer in time') : asJetwayError(error, 'STREAM_RESET')
  }
}

/**
 * Asks the relay itself something, inside a session.
 *
 * @returns the answer, whose body is still to come; destroying it ends it
 * @throws whatever the relay refuses with, in its words, and STREAM_RESET, SESSION_LOST, CLOSED
 */
export function askRelay(relay: ToRelay, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const connection = relay.openToRelay()
    const asked = request({
      // The types ask for a net.Socket; any Duplex will do.
      createConnection: () => connection as never,
      headers: { host: relayService, accept: 'application/json' },
      path,
      signal,
    })
    asked.once('error', (error) => reject(error))
    asked.once('response', (response) => {
      if (response.statusCode === 200) resolve(response)
      else refusal(response).then(reject, reject)
    })
    asked.end()
  })
}

async function refusal(response: IncomingMessage): Promise<JetwayError> {
  const problem = parseJson(await textUpTo({ body: response }, maxProblemBytes)) as {
    readonly code?: unknown
    readonly detail?: unknown
    readonly action?: unknown
  } | null
  const { code, detail, action } = problem ?? {}
  const isKnown = typeof code === 'string' && Object.hasOwn(errorTable, code)
  if (!isKnown || typeof detail !== 'string' || typeof action !== 'string')
    throw protocolError(`status ${response.statusCode}`)
  return JetwayError.fromPeer(
    code as ErrorCode,
    detail.slice(0, maxWordsChars),
    action.slice(0, maxWordsChars),
  )
}
