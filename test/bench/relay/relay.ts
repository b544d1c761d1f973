import type { Options } from '../options.ts'
import type { Upstream } from '../peers/peer.ts'
import type { Site } from '../site.ts'
import { chain } from './chain.ts'
import { exhaustion } from './exhaustion.ts'
import { type RelayPart, relayParts } from './parts.ts'

const parts: Readonly<
  Record<RelayPart, (site: Site, upstream: Upstream, options: Options) => Promise<object>>
> = { exhaustion, chain }

/** The relay itself, without tunnels. @returns the figures by part */
export async function benchRelay(site: Site, upstream: Upstream, options: Options): Promise<object> {
  const all: Record<string, object> = {}
  for (const name of options.part === null ? relayParts : [options.part])
    all[name] = await parts[name](site, upstream, options)
  return all
}
