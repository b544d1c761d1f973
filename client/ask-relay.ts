import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { type ErrorCode, errorTable } from '#shared/errors/table.ts'
import { type Access, access } from '#shared/ipc/access.ts'
import { type AccessRequest, accessRequest } from '#shared/ipc/access-requests.ts'
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
const maxAccessRequestBytes = 65_536
const maxProblemBytes = 65_536
const maxWordsChars = 4096
const accessTimeoutMs = 10_000
const changeTimeoutMs = 30_000

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
 * Has the relay change a request for access, inside a session. It is sent once, whatever becomes of it.
 *
 * @param path below `/access-requests`
 * @returns the request as it is then
 * @throws OUTCOME_UNKNOWN when there is no answer, or none that can be read; whatever the relay refuses with; and as
 *   `openToRelay` does, when nothing was sent
 */
export async function changeAccessRequest(
  relay: ToRelay,
  path: '' | `/${string}`,
  body: object | null,
): Promise<AccessRequest> {
  const connection = relay.openToRelay()
  const signal = AbortSignal.timeout(changeTimeoutMs)
  try {
    const asked = { path: `/access-requests${path}`, body: body === null ? '' : JSON.stringify(body), signal }
    const response = await askOver(connection, asked)
    const text = await textUpTo({ body: response }, maxAccessRequestBytes)
    return accessRequest.parse(parseJson(text))
  } catch (thrown) {
    // What the relay itself says is known; everything else may have come after it was done.
    if (thrown instanceof Refusal) throw thrown.error
    throw new JetwayError('OUTCOME_UNKNOWN', {}, { cause: thrown })
  }
}

/**
 * Asks the relay itself something, inside a session.
 *
 * @returns the answer, whose body is still to come; destroying it ends it
 * @throws whatever the relay refuses with, in its words, and STREAM_RESET, SESSION_LOST, CLOSED
 */
export function askRelay(relay: ToRelay, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return askOver(relay.openToRelay(), { path, body: null, signal }).catch((thrown) => {
    throw thrown instanceof Refusal ? thrown.error : thrown
  })
}

/** The relay has answered, and this is why it did not do it. */
class Refusal extends Error {
  readonly error: JetwayError

  constructor(error: JetwayError) {
    super(error.message)
    this.error = error
  }
}

/** @param o.body what is sent with a POST; null for a GET. @throws Refusal, and whatever goes wrong on the way */
function askOver(
  connection: Duplex,
  { path, body, signal }: { path: string; body: string | null; signal: AbortSignal },
): Promise<IncomingMessage> {
  const ofBody =
    body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const asked = request({
      // The types ask for a net.Socket; any Duplex will do.
      createConnection: () => connection as never,
      headers: { host: relayService, accept: 'application/json', ...ofBody },
      method: body === null ? 'GET' : 'POST',
      path,
      signal,
    })
    asked.once('error', (error) => reject(error))
    asked.once('response', (response) => {
      if (response.statusCode === 200 || response.statusCode === 201) resolve(response)
      else refusal(response).then((error) => reject(new Refusal(error)), reject)
    })
    asked.end(body ?? undefined)
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
