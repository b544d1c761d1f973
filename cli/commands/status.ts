import { EnvironmentFile } from '#client/environments.ts'
import { jetwayHome } from '#client/home.ts'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import { errorTable } from '#shared/errors/table.ts'
import { describe } from '../describe.ts'
import { joinEngine } from '../engine-access.ts'
import type { Output } from '../output.ts'

/** @returns the exit code: 0 when something is connected */
export async function status(output: Output): Promise<number> {
  try {
    const { client, close } = await joinEngine()
    const engine = await client.request('status', {})
    await close()
    const { environments } = engine
    const text =
      environments.length === 0 ? 'No environment yet. Add one: jetway login --relay https://…' : ''
    output.say(text || environments.map(describe).join('\n'), { running: true, ...engine })
    return environments.some(({ state }) => state === 'connected') ? 0 : errorTable.NOT_CONNECTED.exit
  } catch (error) {
    if (asJetwayError(error).code !== 'ENGINE_NOT_RUNNING') throw error
    const saved = await new EnvironmentFile(jetwayHome()).read()
    const environments = saved.map(({ name, relayUrl }) => ({ name, relayUrl, state: 'disconnected' }))
    const known = environments.map(({ name, relayUrl }) => `\n${name} · ${relayUrl}`).join('')
    output.say(`Jetway is not running. Start it: jetway connect${known}`, { running: false, environments })
    return errorTable.ENGINE_NOT_RUNNING.exit
  }
}
