import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { targetOf } from '../network/target.ts'
import type { Way } from '../network/ways.ts'
import { failed, type Outcome, ok } from './outcome.ts'
import { namesOf } from './proxy.ts'

const shown = 3

/** Whether the relay's name is known: here, or at the proxy, which is asked for it in our place. */
export async function examineName(relay: URL, ways: readonly Way[]): Promise<Outcome> {
  const { host } = targetOf(relay)
  if (isIP(host)) return ok(`${host} is an address, which needs no name server`)
  if (!ways.includes('direct')) return ok(`The proxy ${namesOf(ways)} looks up ${host}`)
  try {
    const addresses = (await lookup(host, { all: true })).map(({ address }) => address)
    const more = addresses.length > shown ? `, and ${addresses.length - shown} more` : ''
    return ok(`${host} is ${addresses.slice(0, shown).join(', ')}${more}`)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAI_AGAIN'
      ? failed(
          'No name server answers',
          `${host} could not be looked up.`,
          'Check the network. If your company’s names need a VPN, turn it on.',
        )
      : failed(
          `The name ${host} is not known`,
          null,
          'Check the address. If your company’s names need a VPN, turn it on.',
        )
  }
}
