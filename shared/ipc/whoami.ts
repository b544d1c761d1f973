/** `GET /.well-known/jetway/whoami`: whom the relay takes someone for who shows it an access token. */
import { z } from 'zod'

export const whoAmIPath = '/.well-known/jetway/whoami'

export const whoAmI = z.object({
  kind: z.enum(['person', 'machine']),
  name: z.string(),
  email: z.string().nullable(),
  subject: z.string(),
  issuer: z.string(),
  groups: z.array(z.string()),
  /** Why the groups are not known; null where they are. */
  groupsMissing: z.enum(['absent', 'too-many', 'cut']).nullable(),
  /** What let them in: where it stands in the relay's configuration, and the rule of it; null for none. */
  by: z.string(),
  rule: z.string().nullable(),
  /** How strongly they signed in; null where the provider does not say. */
  acr: z.string().nullable(),
  /** When they signed in; null where the provider does not say. Seconds since the epoch, as is `expires`. */
  authTime: z.number().nullable(),
  /** When the token ends. */
  expires: z.number(),
  /** Whether the token is of use only with a key (RFC 9449). */
  bound: z.boolean(),
})

export type WhoAmI = z.infer<typeof whoAmI>
