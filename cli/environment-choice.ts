import type { ControlClient } from '#client/control/control-client.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { EngineStatus, EnvironmentStatus } from '#shared/ipc/control.ts'

export interface EnvironmentOptions {
  readonly env?: string
  readonly relay?: string
  readonly ca?: string
  readonly port?: readonly string[]
}

/**
 * The environment that a command is about: the named one, the one of `--relay` or of that name in the company's file
 * (added where it is new), or the only one there is. With the ports that were asked for.
 *
 * @throws ENVIRONMENT_UNKNOWN, USAGE, and as `addEnvironment` and `setPort` do
 */
export async function chooseEnvironment(
  client: ControlClient,
  o: EnvironmentOptions,
): Promise<EnvironmentStatus> {
  const { environments, offers, offersProblem } = await client.request('status', {})
  const isKnown = environments.some(({ name }) => name === o.env)
  const offer = isKnown ? undefined : offers.find(({ name }) => name !== null && name === o.env)
  const relay = o.relay ?? offer?.relayUrl
  if (relay !== undefined) {
    const url = relayUrlOf(relay)
    const known = environments.find(({ relayUrl }) => relayUrl === url)
    if (known && o.ca === undefined && o.port === undefined) return known
    return client.request('addEnvironment', {
      relayUrl: url,
      ...(o.env === undefined ? {} : { name: o.env }),
      ...(o.ca === undefined ? {} : { ca: o.ca }),
      ...(o.port === undefined ? {} : { ports: portsOf(o.port) }),
    })
  }
  let environment = pickEnvironment({ environments, offers, offersProblem }, o.env)
  for (const [service, port] of Object.entries(portsOf(o.port ?? [])))
    environment = await client.request('setPort', { environment: environment.name, service, port })
  return environment
}

/** @throws ENVIRONMENT_UNKNOWN, USAGE */
export function pickEnvironment(
  { environments, offers, offersProblem }: Pick<EngineStatus, 'environments' | 'offers' | 'offersProblem'>,
  name: string | undefined,
): EnvironmentStatus {
  if (name !== undefined) {
    const found = environments.find((environment) => environment.name === name)
    if (!found) throw new JetwayError('ENVIRONMENT_UNKNOWN', { environment: name })
    return found
  }
  const [first, ...others] = environments
  if (!first) throw new JetwayError('USAGE', { reason: noEnvironment({ offers, offersProblem }) })
  if (others.length > 0) {
    const names = environments.map((environment) => environment.name).join(', ')
    throw new JetwayError('USAGE', { reason: `Which environment? Name one of: ${names}.` })
  }
  return first
}

/** What someone reads who has no environment yet: those that the company proposes, or how else to get one. */
export function noEnvironment({
  offers,
  offersProblem,
}: Pick<EngineStatus, 'offers' | 'offersProblem'>): string {
  const problem = offersProblem ? `\n${offersProblem.title}. ${offersProblem.detail}` : ''
  if (offers.length === 0)
    return `No environment is known yet. Name its relay: jetway login --relay https://…${problem}`
  const names = offers.map(({ name, relayUrl }) => `\n  ${name} · ${relayUrl}`).join('')
  return `No environment is there yet. Your company proposes:${names}\nTake one by its name: jetway login --env ${offers[0]?.name}${problem}`
}

function relayUrlOf(text: string): string {
  const url = /^https?:\/\//.test(text) ? text : `https://${text}`
  if (!URL.canParse(url)) throw new JetwayError('USAGE', { reason: `${text} is no address.` })
  return new URL(url).origin
}

/** `8080` for the service airflow, `name=8080` for any. */
function portsOf(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, service = 'airflow', digits] = /^(?:([a-z0-9-]+)=)?(\d{1,5})$/.exec(text) ?? []
      const port = Number(digits)
      if (!(port >= 1 && port <= 65_535)) {
        throw new JetwayError('USAGE', { reason: `--port is a number, or service=number; not ${text}.` })
      }
      return [service, port]
    }),
  )
}
