import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { bindsTokens, discoverProvider, oidcOf, requirePkce } from '../auth/provider.ts'
import { type Outcome, ok } from './outcome.ts'

/**
 * Whether the provider that the relay names can be asked, and has what a safe sign-in takes.
 *
 * @throws as `discoverProvider`; PKCE_UNSUPPORTED, DPOP_UNSUPPORTED
 */
export async function examineProvider(document: DiscoveryDocument, ca: string | null): Promise<Outcome> {
  const oidc = oidcOf(document)
  const provider = await discoverProvider(oidc, ca)
  requirePkce(provider)
  const bound = bindsTokens(provider, oidc)
  return ok(
    `The sign-in service ${new URL(oidc.issuer).host} answers`,
    bound ? 'It binds sign-ins to this machine.' : null,
  )
}
