/** Security events of a provider: that someone's session, or account, is over (OpenID Shared Signals Framework 1.0). */
import { z } from 'zod'

const url = z.url({ protocol: /^https?$/ })

export const ssfConfig = z.strictObject({
  issuer: url.describe('Who sends events, exactly as it names itself.'),
  audience: z.string().min(1).max(256).describe('The `aud` of events for this relay.'),
  jwksUrl: url
    .nullable()
    .default(null)
    .describe('Where its keys are; null for where its /.well-known/ssf-configuration says.'),
  authorizationFile: z
    .string()
    .min(1)
    .max(4096)
    .describe(
      'File with what it sends in the Authorization header, for the owner of the file alone; e.g. `Bearer ` and a long random text.',
    ),
  algorithms: z
    .array(z.enum(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']))
    .min(1)
    .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .describe('Signature algorithms that are accepted.'),
})

export type SsfConfig = z.infer<typeof ssfConfig>
