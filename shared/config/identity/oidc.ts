/** People who sign in at an OpenID provider. */
import { z } from 'zod'

const port = z.int().min(1).max(65_535)

const algorithms = [
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

export const oidcConfig = z.strictObject({
  issuer: z.url({ protocol: /^https?$/ }).describe('The provider, exactly as it names itself.'),
  audience: z.string().min(1).describe('The audience that access tokens for this relay carry.'),
  clientId: z.string().min(1).describe('The public client that people sign in with.'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
    .min(1)
    .default(['openid', 'profile', 'email', 'offline_access'])
    .describe('Scopes that the client asks for.'),
  resource: z.string().nullable().default(null).describe('RFC 8707 resource that the client asks for.'),
  redirectPorts: z
    .array(port)
    .min(1)
    .max(10)
    .nullable()
    .default(null)
    .describe('Loopback ports registered at the provider; null where it takes any (RFC 8252 §7.3).'),
  algorithms: z
    .array(z.enum(algorithms))
    .min(1)
    .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .describe('Signature algorithms that are accepted.'),
  tokenTypes: z
    .array(z.enum(['at+jwt', 'JWT']))
    .min(1)
    .default(['at+jwt'])
    .describe('Accepted `typ` of access tokens (RFC 9068). Some providers, Keycloak among them, say JWT.'),
  groupsClaim: z.string().min(1).default('groups').describe('The claim that lists a person’s groups.'),
  clockToleranceSeconds: z
    .int()
    .min(0)
    .max(60)
    .default(30)
    .describe('How far clocks may differ, in seconds.'),
})

export type OidcConfig = z.infer<typeof oidcConfig>
