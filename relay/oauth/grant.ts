import type { IncomingMessage } from 'node:http'
import type { Principal } from '../identity/principal.ts'

/** One kind of proof that the token endpoint takes for an access token (RFC 6749 §4). A file each. */
export interface Grant {
  /** The `grant_type`. */
  readonly type: string
  /** How clients authenticate with it (RFC 8414 §2); not at all where it is not given. */
  readonly authMethods?: readonly string[]
  /**
   * Finds out who asks.
   *
   * @throws OAuthError when nobody
   */
  redeem(parameters: ReadonlyMap<string, string>, caller: Caller): Promise<Redeemed>
}

interface Caller {
  /** IP address of the peer. */
  readonly address: string
  readonly request: IncomingMessage
  /** Thumbprint of the key that the caller has proven to have (RFC 9449 §5); null where it has shown none. */
  readonly keyThumbprint: string | null
}

interface Redeemed {
  readonly principal: Principal
  readonly clientId: string
  /** What the answer has beside the access token, e.g. a refresh token. */
  readonly more?: Readonly<Record<string, unknown>>
}
