import { JetwayError } from '#shared/errors/jetway-error.ts'
import { causeOf, networkReason } from '../network/network-error.ts'
import { type HttpProxy, proxyVariable } from '../network/proxy-for.ts'
import { authorityOf, targetOf } from '../network/target.ts'
import { connectThrough } from '../network/through-proxy.ts'
import { failed, type Outcome, ok } from './outcome.ts'

/** Whether there is a proxy on the way to the relay, and whether it opens one. */
export async function examineProxy(
  relay: URL,
  proxy: HttpProxy | null,
  o: { ca: string | null; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Outcome> {
  const target = targetOf(relay)
  const variable = proxyVariable(o.env)
  if (proxy === null) {
    if (variable === null || !target.isSecure) return ok('There is no proxy on the way')
    return ok('There is no proxy on the way', `${variable} names one, and NO_PROXY takes ${target.host} out.`)
  }
  const name = authorityOf(proxy)
  try {
    const connection = await connectThrough(proxy, target, o)
    connection.destroy()
    return ok(`The proxy ${name} lets through to ${target.host}`, `${variable} names it.`)
  } catch (error) {
    // The proxy's own failures are errors of the table.
    if (causeOf(error, JetwayError)) throw error
    return failed(
      'The proxy does not reach the relay',
      `${name} does not get through to ${authorityOf(target)} (${networkReason(error).reason}).`,
      'Check the relay’s address. If it is right, ask whoever runs the proxy.',
    )
  }
}
