/** What OpenID providers do that the standards leave open, or that is their own way. Sources: docs/identity/. */
import type { OidcConfig } from './oidc.ts'

export const providers = ['okta', 'entra', 'google', 'keycloak', 'auth0'] as const
export type Provider = (typeof providers)[number]

export interface Preset {
  /** As people call it. */
  readonly name: string
  /** By its host alone; null where anyone's own host may be one. */
  readonly hosts: RegExp | null
  /** For the keys that a configuration does not give. */
  defaults(given: { readonly audience?: unknown }): Partial<OidcConfig>
  /** Why a configuration cannot work with this provider. */
  mistakes(oidc: OidcConfig): readonly Mistake[]
  /** It cuts a list of groups off after so many and does not say so; null where it does not. */
  readonly groupsCutAt: number | null
  /** It leaves all groups out when there are more, and says so; null where it does not. */
  readonly groupsLeftOutAbove: number | null
  /** Of these one is in every access token and in no ID token, so that a type is not needed to tell them apart. */
  readonly accessTokenSigns: readonly { readonly claim: string; readonly values: readonly string[] | null }[]
}

export interface Mistake {
  readonly key: keyof OidcConfig
  readonly what: string
}

const personScopes = ['openid', 'profile', 'email', 'offline_access']
const tenantIssuer =
  /^https:\/\/[a-z0-9.-]+\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\/v2\.0$/
/** The tenant of all personal accounts. */
const anyonesTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'

export const presets: Readonly<Record<Provider, Preset>> = {
  okta: {
    name: 'Okta',
    hosts: /\.(okta|oktapreview|okta-emea|okta-gov)\.com$/,
    defaults: () => ({
      redirectPorts: [18_400, 18_401, 18_402, 18_403],
      tokenTypes: ['at+jwt', 'none'],
      subjectClaim: 'uid',
    }),
    mistakes: ({ issuer, redirectPorts }) => [
      ...given(!/^\/oauth2\/[A-Za-z0-9_-]+$/.test(new URL(issuer).pathname), 'issuer', [
        'has to be a custom authorization server, https://…/oauth2/<id>.',
        'Access tokens of Okta’s org server name neither groups nor this relay, and are for Okta alone',
      ]),
      ...given(redirectPorts === null, 'redirectPorts', [
        'have to be named: Okta compares redirect URIs with their port',
      ]),
    ],
    groupsCutAt: 100,
    groupsLeftOutAbove: null,
    accessTokenSigns: [{ claim: 'scp', values: null }],
  },
  entra: {
    name: 'Microsoft Entra ID',
    hosts:
      /^(login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn|login\.windows\.net|sts\.windows\.net)$/,
    defaults: ({ audience }) => ({
      tokenTypes: ['at+jwt', 'JWT'],
      scopes: [...personScopes, `api://${String(audience)}/access_as_user`],
      subjectClaim: 'oid',
    }),
    mistakes: ({ issuer, scopes, resource }) => [
      ...given(!tenantIssuer.test(issuer) || issuer.includes(anyonesTenant), 'issuer', [
        'has to be https://login.microsoftonline.com/<tenant id>/v2.0, with the id of your own tenant:',
        '“common”, “organizations” and “consumers” let other companies’ people in, and tokens of version 1 are of another issuer',
      ]),
      ...given(!scopes.some((scope) => scope.includes('/')), 'scopes', [
        'have to name one of the relay’s own API, e.g. api://<audience>/access_as_user:',
        'without it Entra issues access tokens for Microsoft Graph, which nobody else can verify',
      ]),
      ...given(resource !== null, 'resource', ['is not taken by Entra’s v2.0 endpoint: it goes by scopes']),
    ],
    groupsCutAt: null,
    groupsLeftOutAbove: 200,
    accessTokenSigns: [
      { claim: 'scp', values: null },
      { claim: 'idtyp', values: ['app'] },
    ],
  },
  google: {
    name: 'Google',
    hosts: /^accounts\.google\.com$/,
    defaults: () => ({}),
    mistakes: () => [
      {
        key: 'issuer',
        what: 'cannot be Google: its access tokens are for Google’s own APIs and are no JWT, its ID tokens name no groups, and it wants a secret of every desktop client. docs/identity/google.md has the ways that work',
      },
    ],
    groupsCutAt: null,
    groupsLeftOutAbove: null,
    accessTokenSigns: [],
  },
  keycloak: {
    name: 'Keycloak',
    hosts: null,
    defaults: () => ({ tokenTypes: ['at+jwt', 'JWT'] }),
    mistakes: ({ issuer }) =>
      given(!/\/realms\/[^/]+$/.test(new URL(issuer).pathname), 'issuer', [
        'has to be that of a realm, https://…/realms/<realm>',
      ]),
    groupsCutAt: null,
    groupsLeftOutAbove: null,
    accessTokenSigns: [{ claim: 'typ', values: ['Bearer', 'DPoP'] }],
  },
  auth0: {
    name: 'Auth0',
    hosts: /\.auth0\.com$/,
    defaults: ({ audience }) => ({
      tokenTypes: ['at+jwt', 'JWT'],
      redirectPorts: [18_400, 18_401, 18_402, 18_403],
      resourceParameter: 'audience',
      ...(typeof audience === 'string' ? { resource: audience } : {}),
    }),
    mistakes: ({ issuer, groupsClaim, resource }) => [
      ...given(!issuer.endsWith('/'), 'issuer', ['has to end with a slash, as Auth0 names itself']),
      ...given(groupsClaim === 'groups', 'groupsClaim', [
        'has to be one of your own namespace, e.g. https://example.com/groups: Auth0 lets nobody set “groups”',
      ]),
      ...given(resource === null, 'resource', [
        'has to name the API: without an audience Auth0’s access tokens are no JWT',
      ]),
    ],
    groupsCutAt: null,
    groupsLeftOutAbove: null,
    accessTokenSigns: [{ claim: 'scope', values: null }],
  },
}

/** The provider that an issuer is known to be of, by its host; null where that says nothing. */
function providerOf(issuer: unknown): Provider | null {
  if (typeof issuer !== 'string' || !URL.canParse(issuer)) return null
  const { hostname } = new URL(issuer)
  return providers.find((provider) => presets[provider].hosts?.test(hostname)) ?? null
}

/** What is given, over what the provider's preset has for what is not. */
export function withPreset(given: unknown): unknown {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) return given
  const oidc = given as {
    readonly provider?: unknown
    readonly issuer?: unknown
    readonly audience?: unknown
  }
  const provider = oidc.provider === undefined ? providerOf(oidc.issuer) : oidc.provider
  const preset = providers.includes(provider as Provider) ? presets[provider as Provider] : null
  return { provider, ...preset?.defaults(oidc), ...given }
}

/** What cannot work, or could not be told apart from what must not get in. */
export function oidcMistakes(oidc: OidcConfig): Mistake[] {
  const preset = oidc.provider && presets[oidc.provider]
  const isTyped = oidc.tokenTypes.every((type) => type === 'at+jwt')
  const hasSigns = (preset?.accessTokenSigns.length ?? 0) > 0
  return [
    ...(preset?.mistakes(oidc) ?? []),
    ...given(!hasSigns && oidc.tokenTypes.includes('none'), 'tokenTypes', [
      'takes “none” only with a `provider` whose access tokens can be told from its ID tokens without a type',
    ]),
    ...given(!hasSigns && !isTyped && oidc.audience === oidc.clientId, 'audience', [
      'is the client’s id, which ID tokens are for; where the type of a token does not tell, nothing would',
    ]),
  ]
}

function given(isMistake: boolean, key: keyof OidcConfig, what: readonly string[]): Mistake[] {
  return isMistake ? [{ key, what: what.join(' ') }] : []
}
