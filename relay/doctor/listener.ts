import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import { parseJson } from '#shared/parse-json.ts'
import type { LoadedListen } from '../config/listen.ts'
import type { Say } from './finding.ts'

const timeoutMs = 5000
const everyAddress: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/**
 * Asks a balancer's own listener without its header: a relay that runs lets nobody in.
 *
 * @param publicUrl what people type to get to the balancer
 */
export async function examineListener(listen: LoadedListen, publicUrl: string, say: Say): Promise<void> {
  const at = `${listen.host}:${listen.port}`
  if (/^[\d.:a-f]+$/i.test(listen.host) && !isOfThisMachine(listen.host)) {
    const what = `${listen.host} is no address of this machine.`
    say(
      'fault',
      'listener',
      what,
      'Run this on the relay’s machine, or name one of its addresses in listen.host.',
    )
    return
  }
  const answer = await askUnsigned(listen, new URL(publicUrl)).catch((error: NodeJS.ErrnoException) => error)
  if (answer instanceof Error) {
    const what = `Nobody answers on ${at} (${answer.code ?? answer.message}).`
    say('note', 'listener', what, 'Start the relay. A listener comes with a restart, and not with a reload.')
  } else if (answer.status === 401 && answer.code === 'UNAUTHENTICATED')
    say('ok', 'listener', `The relay answers on ${at}, and lets nobody in without the header.`)
  else {
    const what = `What answers on ${at} says ${answer.status} to who brings no header, and not 401.`
    say('fault', 'listener', what, 'See what it is: the port is for this relay alone.')
  }
}

function isOfThisMachine(host: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return host in everyAddress || host.startsWith('127.') || own.some(({ address }) => address === host)
}

async function askUnsigned(
  { host, port, tls }: LoadedListen,
  { host: publicHost, hostname: servername }: URL,
): Promise<{ status: number; code: unknown }> {
  const options = {
    host: everyAddress[host] ?? host,
    port,
    path: '/api/v2/version',
    headers: { host: publicHost },
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
  }
  // Whose certificate it is, is for the balancer to see: nothing is told to whoever answers.
  const asking = tls
    ? httpsRequest({ ...options, servername, rejectUnauthorized: false })
    : httpRequest(options)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve).once('error', reject).end()
  })
  const { code } = (parseJson(await text(response)) ?? {}) as { code?: unknown }
  return { status: response.statusCode ?? 0, code }
}
