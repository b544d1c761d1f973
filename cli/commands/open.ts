import { portTakenBy } from '#client/port-taken.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { openInBrowser } from '../browse.ts'
import { joinEngine } from '../engine-access.ts'
import { pickEnvironment } from '../environment-choice.ts'
import type { Output } from '../output.ts'

/** Opens a service's local address in the system browser. */
export async function open(
  service: string,
  options: { env?: string; browser: boolean },
  output: Output,
): Promise<void> {
  const { client, close } = await joinEngine()
  try {
    const { name, state, services } = pickEnvironment(await client.request('status', {}), options.env)
    const found = services.find((s) => s.name === service)
    if (!found) throw new JetwayError('SERVICE_UNKNOWN', { service })
    if (found.taken) throw portTakenBy(found.localPort, found.taken)
    if (state !== 'connected' || found.localUrl === null) {
      throw new JetwayError('NOT_CONNECTED', { environment: name })
    }
    output.say(found.localUrl, { event: 'open', url: found.localUrl })
    if (options.browser && found.type !== 'tcp') openInBrowser(found.localUrl, output)
  } finally {
    await close()
  }
}
