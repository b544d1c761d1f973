import type { DpopKey } from '../dpop-key.ts'
import { type AccessKeySource, askWithAccessKey } from './access-key.ts'
import { askGitHub, type GitHubSource } from './github-actions.ts'
import { type GivenToken, readGivenToken } from './given-token.ts'
import type { MachineToken } from './machine-token.ts'

/** What a machine has to say who it is. */
export type MachineIdentity = GivenToken | GitHubSource | AccessKeySource

/**
 * A token for a relay, as the machine's platform gives it now.
 *
 * @param o.ca PEM of authorities to trust besides this machine's; null for none
 * @param o.ownKey that a token is bound to where the relay itself gives it
 * @throws MACHINE_TOKEN_MISSING, RELAY_UNREACHABLE, PROXY_UNREACHABLE, RATE_LIMITED (a retry can help)
 * @throws ACCESS_KEY_REFUSED, RELAY_UNTRUSTED, NOT_A_RELAY, PROXY_AUTH_REQUIRED, PROXY_REFUSED, CONFIG_INVALID
 */
export async function tokenOf(
  identity: MachineIdentity,
  { relayUrl, ca, ownKey }: { relayUrl: string; ca: string | null; ownKey: () => Promise<DpopKey> },
): Promise<MachineToken> {
  switch (identity.kind) {
    case 'file':
    case 'environment':
      return readGivenToken(identity)
    case 'github':
      return askGitHub(identity, relayUrl)
    case 'access-key':
      return askWithAccessKey(identity, { relayUrl, ca, key: await ownKey() })
  }
}
