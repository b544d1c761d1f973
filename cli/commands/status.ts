import { readCompanyFiles } from '#client/company/company-files.ts'
import { EnvironmentFile } from '#client/environments.ts'
import { jetwayHome } from '#client/home.ts'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import { errorTable } from '#shared/errors/table.ts'
import { describe } from '../describe.ts'
import { joinEngine } from '../engine-access.ts'
import { noEnvironment } from '../environment-choice.ts'
import type { Output } from '../output.ts'

/** @returns the exit code: 0 when something is connected */
export async function status(output: Output): Promise<number> {
  try {
    const { client, close } = await joinEngine()
    const engine = await client.request('status', {})
    await close()
    const { environments, tokenStoreProblem } = engine
    const texts = environments.length === 0 ? [noEnvironment(engine)] : environments.map(describe)
    if (tokenStoreProblem) texts.push(`${tokenStoreProblem.detail}\n${tokenStoreProblem.action}`)
    output.say(texts.join('\n'), { running: true, ...engine })
    return environments.some(({ state }) => state === 'connected') ? 0 : errorTable.NOT_CONNECTED.exit
  } catch (error) {
    if (asJetwayError(error).code !== 'ENGINE_NOT_RUNNING') throw error
    const saved = await new EnvironmentFile(jetwayHome()).read()
    const environments = saved.map(({ name, relayUrl }) => ({ name, relayUrl, state: 'disconnected' }))
    const { environments: proposed, problem } = await readCompanyFiles()
    const offers = proposed.filter(({ relayUrl }) => !saved.some((known) => known.relayUrl === relayUrl))
    const offersProblem = problem && problemOf(problem)
    const known =
      environments.length === 0
        ? noEnvironment({ offers, offersProblem })
        : environments.map(({ name, relayUrl }) => `${name} · ${relayUrl}`).join('\n')
    output.say(`Jetway is not running. Start it: jetway connect\n${known}`, {
      running: false,
      environments,
      offers: offers.map(({ name, relayUrl }) => ({ name, relayUrl })),
      offersProblem,
    })
    return errorTable.ENGINE_NOT_RUNNING.exit
  }
}
