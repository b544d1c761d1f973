import type { JWK } from 'jose'
import { z } from 'zod'
import type { SignedHeaderConfig } from '#shared/config/identity/signed-headers.ts'
import type { RelayConfig } from '#shared/config/relay-config.ts'
import { isLoopback } from '#shared/loopback.ts'
import { type LoadedListen, loadListen } from './listen.ts'
import type { Reader } from './signing-keys.ts'

/** A listener for those whom a balancer has signed in. */
export interface LoadedEntrance {
  readonly listen: LoadedListen
  readonly config: SignedHeaderConfig
  /** The keys that the configuration has in a file; null where it has none. */
  readonly jwks: readonly JWK[] | null
}

type Path = readonly (string | number)[]

const jwkSet = z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1) })
const privateMembers = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi']

/** What `identity.signedHeaders` says, with its files read; what cannot be enforced is said to the reader. */
export function loadEntrances(
  { identity, direct, listen, health, metrics, publicUrl }: RelayConfig,
  reader: Reader,
): Readonly<Record<string, LoadedEntrance>> {
  const entrances = Object.entries(identity.signedHeaders)
  const taken = new Map([[listen.port, 'the relay’s own port']])
  if (metrics) taken.set(metrics.port, 'the port of metrics')
  if (health) taken.set(health.port, 'the port of health')
  return Object.fromEntries(
    entrances.map(([name, config]) => {
      const where = ['identity', 'signedHeaders', name]
      const { port } = config.listen
      const other = taken.get(port)
      if (other !== undefined) reader.at([...where, 'listen', 'port'], `is ${other}`)
      taken.set(port, `the port of ${name}`)
      if (direct === null) reader.at(where, 'reaches the service that direct names, and that names none')
      if (new URL(config.publicUrl).host === new URL(publicUrl).host)
        reader.at([...where, 'publicUrl'], 'is the relay’s own; the balancer’s is meant')
      requireHttps([...where, 'publicUrl'], config.publicUrl, reader)
      const jwks = config.from === 'jwt' ? keysOf(config, where, reader) : null
      return [name, { listen: loadListen(config.listen, [...where, 'listen'], reader), config, jwks }]
    }),
  )
}

function keysOf(
  { jwksUrl, jwksFile }: SignedHeaderConfig & { from: 'jwt' },
  where: Path,
  reader: Reader,
): readonly JWK[] | null {
  if ((jwksUrl === undefined) === (jwksFile === undefined)) {
    reader.at(where, 'takes either jwksUrl or jwksFile')
    return null
  }
  if (jwksFile === undefined) {
    requireHttps([...where, 'jwksUrl'], jwksUrl as string, reader)
    return null
  }
  const text = reader.read([...where, 'jwksFile'], jwksFile)
  if (text === null) return null
  const keys = parsedKeys(text)
  if (keys === null) reader.at([...where, 'jwksFile'], `${jwksFile} holds no JWKS of public keys (RFC 7517)`)
  return keys
}

function parsedKeys(text: string): readonly JWK[] | null {
  try {
    const { keys } = jwkSet.parse(JSON.parse(text))
    return keys.some((key) => privateMembers.some((member) => member in key)) ? null : (keys as JWK[])
  } catch {
    return null
  }
}

/** Plain http is read and changed by whoever is on the way: only on this machine. */
function requireHttps(where: Path, url: string, reader: Reader): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'http:' && !isLoopback(hostname))
    reader.at(where, 'has to be https, except on a loopback host')
}
