import type { Logger } from 'pino'
import type { LoadedConfig } from '../config/load.ts'
import type { DpopProofs } from '../identity/dpop.ts'
import { createOwnTokenAuthenticator } from '../identity/own-tokens.ts'
import type { Keyrings } from './keyrings.ts'
import { tokenEndpoint } from './token-endpoint.ts'
import { type SourceParts, tokenSources } from './token-sources.ts'

/** The relay's tokens are verified by relays, whose clocks are kept. */
const ownClockToleranceSeconds = 5
const daySeconds = 86_400
/** Relays that share a folder see a key at once; others who verify ask for the JWKS when they like. */
const ownPublishAheadSeconds = 3600

/** What issuing takes of the process. */
export interface IssuingParts extends Omit<SourceParts, 'keyring'> {
  /** The keys that the relay makes itself, opened when they are first needed. */
  readonly keyrings: Keyrings
}

/** The endpoints by which tokens are got, and who verifies what it gives; null where nothing in the configuration has a use for it. */
export function issuingOf(config: LoadedConfig, parts: IssuingParts, proofs: DpopProofs, log: Logger) {
  const { publicUrl } = config
  const { keyFolder, rotateDays } = config.identity.tokens
  const keyring = () =>
    parts.keyrings.open('identity.tokens', keyFolder, {
      rotateSeconds: rotateDays * daySeconds,
      publishAheadSeconds: ownPublishAheadSeconds,
    })
  const sources = tokenSources(config, { ...parts, keyring })
  if (sources.length === 0) return null
  const keys = keyring()
  const token = tokenEndpoint({
    keyring: keys,
    issuer: publicUrl,
    lifetimeSeconds: config.identity.tokens.lifetimeSeconds,
    grants: sources.flatMap(({ grants }) => grants),
    metadata: Object.assign({}, ...sources.map(({ metadata }) => metadata)),
    proofs,
    mustBeBound: config.identity.dpop.required,
    log,
  })
  return {
    ready: new Map(sources.flatMap(({ path, ready }) => (ready ? [[path, ready] as const] : []))),
    endpoints: [token, ...sources.flatMap(({ endpoints = [] }) => endpoints)],
    authenticator: createOwnTokenAuthenticator({
      keyring: keys,
      publicUrl,
      clockToleranceSeconds: ownClockToleranceSeconds,
      sources,
    }),
  }
}
