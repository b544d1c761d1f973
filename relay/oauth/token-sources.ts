import type { LoadedConfig } from '../config/load.ts'
import type { State } from '../state/state.ts'
import type { Grant } from './grant.ts'

/** Something in the configuration by which people or machines get access tokens of the relay's own. */
export interface TokenSource {
  /** Where it stands in the configuration, e.g. `identity.saml`. */
  readonly path: string
  /** The issuer of the principals that it lets in. */
  readonly speaksFor: string
  readonly grants: readonly Grant[]
}

/** Every source that a configuration has. A new one is a file and a line here. */
export function tokenSources(_config: LoadedConfig, _state: State): readonly TokenSource[] {
  return []
}
