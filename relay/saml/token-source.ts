import type { LoadedSaml } from '../config/people.ts'
import { codeGrant, refreshGrant } from '../oauth/code-grant.ts'
import { KeptSignIns } from '../oauth/kept-sign-ins.ts'
import type { Keyring } from '../oauth/keyring.ts'
import { logoutEndpoint } from '../oauth/logout-endpoint.ts'
import { revocationEndpoint } from '../oauth/revocation-endpoint.ts'
import type { SourceParts, TokenSource } from '../oauth/token-sources.ts'
import { samlEndpoints } from './endpoints.ts'
import { path } from './principal.ts'
import { ServiceProvider } from './service-provider.ts'
import { SignInCookie } from './sign-in-cookie.ts'

/** People of a SAML provider: the relay is its service provider, and an OpenID provider to its own client. */
export function createSamlSource(
  saml: LoadedSaml,
  parts: Pick<SourceParts, 'state' | 'revoked' | 'samlMetadata'> & { issuer: string; keyring: Keyring },
): TokenSource {
  const { issuer, state, revoked, samlMetadata, keyring } = parts
  const signIns = new KeptSignIns({ state, revoked })
  const provider = new ServiceProvider(saml, issuer, samlMetadata.of(saml))
  const cookie = new SignInCookie(keyring, issuer)
  return {
    path,
    speaksFor: saml.entityId,
    grants: [codeGrant({ signIns, keyring, issuer }), refreshGrant(signIns)],
    endpoints: [
      samlEndpoints({ saml, issuer, provider, cookie, signIns, state }),
      revocationEndpoint(signIns),
      logoutEndpoint({ signIns, keyring, issuer, provider }),
    ],
    metadata: {
      authorization_endpoint: `${issuer}/oauth/authorize`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      end_session_endpoint: `${issuer}/oauth/logout`,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['EdDSA'],
      revocation_endpoint_auth_methods_supported: ['none'],
    },
    ready: () => provider.ready(),
  }
}
