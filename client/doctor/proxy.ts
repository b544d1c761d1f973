import { JetwayError } from '#shared/errors/jetway-error.ts'
import { firstOf } from '../network/dial.ts'
import { causeOf, networkReason } from '../network/network-error.ts'
import { authorityOf, targetOf } from '../network/target.ts'
import type { Way, Ways } from '../network/ways.ts'
import { failed, type Outcome, ok } from './outcome.ts'

/** Whether there is a proxy on the way to the relay, and whether it opens one. @throws as `connectThrough` */
export async function examineProxy(
  relay: URL,
  { ways, saidBy }: Ways,
  o: { ca: string | null; signal: AbortSignal },
): Promise<Outcome> {
  const target = targetOf(relay)
  if (ways[0] === 'direct' || ways[0] === undefined)
    return ok('There is no proxy on the way', whyNone(saidBy, target.host))
  const names = namesOf(ways)
  try {
    const connection = await firstOf(ways, target, o)
    connection.destroy()
    return ok(
      `The proxy ${names} lets through to ${target.host}`,
      saidBy === 'settings' ? 'The settings of this machine name it.' : `${saidBy} names it.`,
    )
  } catch (error) {
    // The proxy's own failures are errors of the table.
    if (causeOf(error, JetwayError)) throw error
    return failed(
      'The proxy does not reach the relay',
      `${names} does not get through to ${authorityOf(target)} (${networkReason(error).reason}).`,
      'Check the relay’s address. If it is right, ask whoever runs the proxy.',
    )
  }
}

/** Several are tried one after the other. */
export function namesOf(ways: readonly Way[]): string {
  return ways.map((way) => (way === 'direct' ? way : authorityOf(way))).join(', then ')
}

function whyNone(saidBy: Ways['saidBy'], host: string): string | null {
  if (saidBy === 'settings') return 'The settings of this machine say so.'
  return saidBy && `${saidBy} names one, and NO_PROXY takes ${host} out.`
}
