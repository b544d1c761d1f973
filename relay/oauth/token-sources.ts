import type { LoadedConfig } from '../config/load.ts'
import type { Handler } from '../http/exchange.ts'
import type { StsUrl } from '../identity/aws/sts.ts'
import { callerIdentitySource } from '../identity/aws/token-source.ts'
import type { Principal } from '../identity/principal.ts'
import type { RevokedAccess } from '../identity/revoked-access.ts'
import type { MetadataSources } from '../saml/metadata-source.ts'
import { createSamlSource } from '../saml/token-source.ts'
import type { State } from '../state/state.ts'
import { accessKeySource } from './access-key-grant.ts'
import type { Grant } from './grant.ts'
import type { Keyring } from './keyring.ts'

/** Something in the configuration by which people or machines get access tokens of the relay's own. */
export interface TokenSource {
  /** Where it stands in the configuration, e.g. `identity.saml`. */
  readonly path: string
  /** The issuer of the principals that it lets in. */
  readonly speaksFor: string
  readonly grants: readonly Grant[]
  /**
   * The groups that the configuration gives someone now whom it, or one before it, has let in; not there where it gives none.
   *
   * @throws Error when it lets them in no more
   */
  readonly groupsOf?: (principal: Principal) => readonly string[]
  /** What it answers besides the token endpoint. */
  readonly endpoints?: readonly Handler[]
  /** What the authorization server's metadata say of it (RFC 8414 §2). */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Fetches what it needs of others where that has not been done. @throws PROVIDER_UNREACHABLE (a retry can help) */
  readonly ready?: () => Promise<void>
}

/** What sources are made with. */
export interface SourceParts {
  readonly state: State
  readonly revoked: RevokedAccess
  /** The keys of the tokens that the relay issues; opened when they are first needed. @throws CONFIG_INVALID */
  readonly keyring: () => Keyring
  /** Where the STS of AWS is. */
  readonly stsUrl: StsUrl
  readonly samlMetadata: MetadataSources
}

/** Every source that a configuration has. A new one is a file and a line here. */
export function tokenSources(
  { identity, publicUrl }: LoadedConfig,
  parts: SourceParts,
): readonly TokenSource[] {
  const { accessKeys, aws, saml } = identity
  return [
    ...(saml ? [createSamlSource(saml, { ...parts, issuer: publicUrl, keyring: parts.keyring() })] : []),
    ...(aws?.callerIdentity
      ? [callerIdentitySource(aws, aws.callerIdentity, { ...parts, publicUrl, keyring: parts.keyring() })]
      : []),
    ...(accessKeys ? [accessKeySource(accessKeys, publicUrl, parts.state.accessKeys)] : []),
  ]
}
