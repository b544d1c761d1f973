/** People who sign in at an OpenID provider. */
import { z } from 'zod'
import { clockToleranceSeconds } from './clock-tolerance.ts'
import { oidcMistakes, providers, withPreset } from './presets.ts'

const port = z.int().min(1).max(65_535)

/** No shared secrets, and not none. */
export const signatureAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

const oidc = z.strictObject({
  provider: z
    .enum(providers)
    .nullable()
    .default(null)
    .describe(
      'Whose it is: sets what is known of it for the keys that are not given, see docs/identity/. Without it Okta, Entra, Google and Auth0 are known by the issuer’s host. null for any other.',
    ),
  issuer: z.url({ protocol: /^https?$/ }).describe('The provider, exactly as it names itself.'),
  audience: z.string().min(1).describe('The audience that access tokens for this relay carry.'),
  clientId: z.string().min(1).describe('The public client that people sign in with.'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
    .min(1)
    .default(['openid', 'profile', 'email', 'offline_access'])
    .describe('Scopes that the client asks for.'),
  resource: z.string().nullable().default(null).describe('RFC 8707 resource that the client asks for.'),
  resourceParameter: z
    .enum(['resource', 'audience'])
    .default('resource')
    .describe('What the provider calls the parameter for it: Auth0 says audience.'),
  redirectPorts: z
    .array(port)
    .min(1)
    .max(10)
    .nullable()
    .default(null)
    .describe('Loopback ports registered at the provider; null where it takes any (RFC 8252 §7.3).'),
  algorithms: z
    .array(z.enum(signatureAlgorithms))
    .min(1)
    .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .describe('Signature algorithms that are accepted.'),
  tokenTypes: z
    .array(z.enum(['at+jwt', 'JWT', 'none']))
    .min(1)
    .default(['at+jwt'])
    .describe(
      'Accepted `typ` of access tokens (RFC 9068). Some providers, Keycloak among them, say JWT, and Okta has none.',
    ),
  subjectClaim: z
    .string()
    .min(1)
    .default('sub')
    .describe(
      'The claim that names a person for good, where that is not `sub`: `uid` at Okta, `oid` at Entra.',
    ),
  groupsClaim: z.string().min(1).default('groups').describe('The claim that lists a person’s groups.'),
  clients: z
    .record(z.string().min(1).max(256), z.array(z.string().min(1).max(256)).min(1).max(100))
    .default({})
    .describe(
      'Groups of machines that get tokens by client credentials (RFC 6749 §4.4), by client id: `{ nightly-export: [exports] }`. For those for whom the provider names no groups.',
    ),
  clockToleranceSeconds,
})

export type OidcConfig = z.infer<typeof oidc>

export const oidcConfig = z.preprocess(
  withPreset,
  oidc.superRefine((config, context) => {
    for (const { key, what } of oidcMistakes(config))
      context.addIssue({ code: 'custom', path: [key], message: what, input: config[key] })
  }),
)
