import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import type { TokenStore } from '../auth/token-store.ts'
import { type Ways, waysTo } from '../network/ways.ts'
import { examineClock } from './clock.ts'
import { examineName } from './dns.ts'
import { examineKeychain, keychainWaits } from './keychain.ts'
import { Looks } from './looks.ts'
import { examinePorts } from './ports.ts'
import { examineProvider } from './provider.ts'
import { examineProxy } from './proxy.ts'
import { examineRelay } from './relay.ts'
import { examineSession } from './session.ts'
import { examineCertificate } from './tls.ts'

/** What is looked at. */
export interface Situation {
  readonly status: EnvironmentStatus
  /** PEM of authorities to trust besides this machine's; null for none. */
  readonly ca: string | null
  readonly store: TokenStore
  /** Of the tunnel, in milliseconds; null where that is not known. */
  readonly roundTripMs: number | null
  /** Local ports of all environments. */
  readonly reservedPorts: ReadonlySet<number>
  /** Where proxies are named. */
  readonly env: NodeJS.ProcessEnv
}

/**
 * Looks for what keeps an environment from working: each check by itself, all at once that do not need another's answer.
 * Changes nothing.
 *
 * @param tell called when a check begins, and with what it found
 * @returns what was found, in the order of the way from here to the relay
 */
export async function diagnose(o: Situation, tell: (finding: Finding) => void): Promise<Finding[]> {
  const { status, ca, env, store } = o
  const relay = new URL(status.relayUrl)
  const looks = new Looks(tell)
  let document: DiscoveryDocument | null = null
  const known = () => document as DiscoveryDocument

  const ways = waysTo(relay, env)
  const name = looks.at('dns', [], async () => examineName(relay, await orDirect(ways)))
  const proxy = looks.at('proxy', [], async (signal) => examineProxy(relay, await ways, { ca, signal }))
  const certificate = looks.at('tls', [name, proxy], (signal) =>
    examineCertificate(relay, { ca, env, signal }),
  )
  const discovery = looks.at('relay', [certificate], async () => {
    const found = await examineRelay(status.relayUrl, ca)
    document = found.document
    return found.outcome
  })
  return Promise.all([
    name,
    proxy,
    certificate,
    discovery,
    looks.at('provider', [discovery], () => examineProvider(known(), ca)),
    looks.at('clock', [discovery], () => examineClock(status.relayUrl, known(), ca)),
    looks.at('keychain', [], () => examineKeychain(store), keychainWaits),
    looks.at('ports', [], () => examinePorts(status.services, o.reservedPorts)),
    looks.at('session', [], async () => examineSession(status, o.roundTripMs)),
  ])
}

/** That a proxy's address is wrong is for the check of the proxy to say. */
async function orDirect(ways: Promise<Ways>): Promise<Ways['ways']> {
  return ways.then(
    (found) => found.ways,
    () => ['direct'],
  )
}
