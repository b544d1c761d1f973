import { passwordOf, people } from '../../../demo/provider/people.ts'
import { audience } from '../token-provider.ts'

/** The public client of people. */
export const clientId = 'jetway'
/** The confidential client of a machine, which is of the group data-eng. */
export const machine = { clientId: 'nightly', secret: 'nightly-secret' } as const

const groups = {
  name: 'groups',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-group-membership-mapper',
  config: { 'claim.name': 'groups', 'full.path': 'false', 'access.token.claim': 'true' },
}
const relayAudience = {
  name: 'audience',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-audience-mapper',
  config: { 'included.custom.audience': audience, 'access.token.claim': 'true' },
}
const protocolMappers = [groups, relayAudience]
const defaultClientScopes = ['basic', 'profile', 'email', 'acr']

/**
 * A realm with the people of the demo and their groups, whose tokens are for the relay of the tests.
 *
 * @see RealmRepresentation in Keycloak's Admin REST API
 */
export function realmOf(name: string): object {
  return {
    realm: name,
    enabled: true,
    sslRequired: 'none',
    accessTokenLifespan: 300,
    revokeRefreshToken: true,
    refreshTokenMaxReuse: 0,
    groups: [...new Set(Object.values(people).flatMap((person) => person.groups))].map((group) => ({
      name: group,
    })),
    users: [
      ...Object.entries(people).map(([username, person]) => ({
        username,
        enabled: true,
        email: person.email,
        emailVerified: true,
        firstName: person.name,
        lastName: 'Example',
        credentials: [{ type: 'password', value: passwordOf(username) }],
        groups: person.groups,
        realmRoles: [`default-roles-${name}`],
      })),
      {
        username: `service-account-${machine.clientId}`,
        enabled: true,
        serviceAccountClientId: machine.clientId,
        groups: ['data-eng'],
      },
    ],
    clients: [
      {
        clientId,
        publicClient: true,
        standardFlowEnabled: true,
        directAccessGrantsEnabled: false,
        // Without a port it stands for every port (RFC 8252 §7.3).
        redirectUris: ['http://127.0.0.1/callback'],
        attributes: {
          'pkce.code.challenge.method': 'S256',
          'oauth2.device.authorization.grant.enabled': 'true',
          'post.logout.redirect.uris': '+',
        },
        protocolMappers,
        defaultClientScopes,
        optionalClientScopes: ['offline_access'],
      },
      {
        clientId: machine.clientId,
        secret: machine.secret,
        publicClient: false,
        standardFlowEnabled: false,
        serviceAccountsEnabled: true,
        protocolMappers,
        defaultClientScopes: [...defaultClientScopes, 'service_account'],
      },
    ],
  }
}

/**
 * A SAML service provider, for `Realm.addClient`. It signs responses and assertions, and the name id is the user name.
 *
 * @param acsUrl where its users are sent back to
 */
export function samlClient(o: { entityId: string; acsUrl: string }): object {
  const attribute = { 'attribute.nameformat': 'Basic' }
  return {
    clientId: o.entityId,
    protocol: 'saml',
    frontchannelLogout: true,
    redirectUris: [o.acsUrl],
    attributes: {
      'saml.server.signature': 'true',
      'saml.assertion.signature': 'true',
      'saml.client.signature': 'false',
      'saml.signature.algorithm': 'RSA_SHA256',
      'saml.force.post.binding': 'true',
      'saml.authnstatement': 'true',
      saml_force_name_id_format: 'true',
      saml_name_id_format: 'username',
      saml_assertion_consumer_url_post: o.acsUrl,
      'saml.assertion.lifespan': '120',
    },
    protocolMappers: [
      {
        name: 'email',
        protocol: 'saml',
        protocolMapper: 'saml-user-property-mapper',
        config: { 'user.attribute': 'email', 'attribute.name': 'email', ...attribute },
      },
      {
        name: 'groups',
        protocol: 'saml',
        protocolMapper: 'saml-group-membership-mapper',
        config: { 'attribute.name': 'groups', single: 'true', 'full.path': 'false', ...attribute },
      },
    ],
    defaultClientScopes: [],
  }
}
