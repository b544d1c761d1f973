import type { ControlClient } from '#client/control/control-client.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AccessRequest, AccessRequests, Requestable } from '#shared/ipc/access-requests.ts'
import { secondsOf } from '../duration.ts'
import { joinEngine } from '../engine-access.ts'
import { pickEnvironment } from '../environment-choice.ts'
import type { Output } from '../output.ts'
import { accessRequestsText, accessRequestText } from '../request-text.ts'

interface Options {
  readonly env?: string
}

/** Says what may be asked for, what was asked for, and what waits for a decision. */
export function requests(options: Options, output: Output): Promise<void> {
  return atRelay(options, async (environment, _client, told) =>
    output.say(accessRequestsText(told), { event: 'requests', environment, ...told }),
  )
}

/** @param what a policy that may be asked for, or a role where one policy gives it. @throws USAGE */
export function ask(
  what: string,
  options: Options & { readonly for: string; readonly reason: string },
  output: Output,
): Promise<void> {
  const seconds = secondsOf(options.for)
  const reason = options.reason.trim()
  if (reason === '') throw new JetwayError('USAGE', { reason: '--reason is empty.' })
  return atRelay(options, async (environment, client, { requestable }) => {
    const policy = policyOf(what, requestable)
    say(output, environment, await client.request('requestAccess', { environment, policy, seconds, reason }))
  })
}

export function decide(
  decision: 'approve' | 'deny',
  id: string,
  options: Options & { readonly note?: string },
  output: Output,
): Promise<void> {
  const note = options.note?.trim() || null
  return atRelay(options, async (environment, client, told) => {
    const wanted = { environment, id: idOf(id, told), decision, note }
    say(output, environment, await client.request('decideAccessRequest', wanted))
  })
}

export function end(id: string, options: Options, output: Output): Promise<void> {
  return atRelay(options, async (environment, client, told) =>
    say(output, environment, await client.request('endAccessRequest', { environment, id: idOf(id, told) })),
  )
}

async function atRelay(
  { env }: Options,
  run: (environment: string, client: ControlClient, told: AccessRequests) => Promise<void>,
): Promise<void> {
  const { client, close } = await joinEngine()
  try {
    const { name } = pickEnvironment(await client.request('status', {}), env)
    await run(name, client, await client.request('watchAccessRequests', { environment: name }))
  } finally {
    await close()
  }
}

function say(output: Output, environment: string, request: AccessRequest): void {
  output.say(accessRequestText(request), { event: 'request', environment, request })
}

function policyOf(what: string, requestable: readonly Requestable[]): string {
  if (requestable.some(({ policy }) => policy === what)) return what
  const [first, ...others] = requestable.filter(({ role }) => role === what)
  // The relay says what it is that cannot be asked for.
  if (!first) return what
  if (others.length === 0) return first.policy
  const policies = [first, ...others].map(({ policy }) => `\n  ${policy}`).join('')
  throw new JetwayError('USAGE', { reason: `Several give the role ${what}. Name one of:${policies}` })
}

/** The request whose id begins so, as it is listed. */
function idOf(text: string, { mine, toDecide }: AccessRequests): string {
  const [first, ...others] = [...toDecide, ...mine].filter(({ id }) => id.startsWith(text))
  if (others.length > 0)
    throw new JetwayError('USAGE', { reason: `Several requests begin with ${text}. Give more of the id.` })
  return first?.id ?? text
}
