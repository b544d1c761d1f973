/** Everyone who may say who someone is; each part is one authenticator. */
import { z } from 'zod'
import { accessKeysConfig } from './access-keys.ts'
import { awsConfig } from './aws.ts'
import { dpopConfig } from './dpop.ts'
import { federationConfig } from './federation.ts'
import { oidcConfig } from './oidc.ts'
import { samlConfig } from './saml.ts'
import { signedHeadersConfig } from './signed-headers.ts'
import { ssfConfig } from './ssf.ts'
import { tokensConfig } from './tokens.ts'

export const identityConfig = z.strictObject({
  oidc: oidcConfig.optional().describe('The OpenID provider where people sign in.'),
  saml: samlConfig
    .optional()
    .describe(
      'The SAML provider where people sign in, in place of `oidc`. The relay is a service provider to it, and issues the tokens itself.',
    ),
  aws: awsConfig.optional().describe('Roles of AWS that let machines in; off where it is not given.'),
  dpop: dpopConfig.prefault({}).describe('Access tokens that are bound to a key (RFC 9449).'),
  federation: federationConfig
    .default([])
    .describe('Machines by the tokens of their own platforms: CI jobs, workloads of Kubernetes.'),
  accessKeys: accessKeysConfig
    .optional()
    .describe(
      'Keys that `jetway-relay keys` makes, for what has no identity of its own; none are taken where it is not given. They end by themselves, and are exchanged for access tokens at /oauth/token.',
    ),
  signedHeaders: signedHeadersConfig
    .default({})
    .describe('Balancers and proxies that sign people in, by name. Their people reach the service `direct`.'),
  ssf: ssfConfig
    .optional()
    .describe(
      'Security events that a provider sends, of sessions and accounts that are over; off where it is not given.',
    ),
  tokens: tokensConfig.prefault({}).describe('Access tokens that the relay issues itself.'),
})

export type IdentityConfig = z.infer<typeof identityConfig>
