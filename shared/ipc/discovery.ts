/** `GET /.well-known/jetway`: what a client needs to know before anyone has signed in. */
import { z } from 'zod'

const serviceName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/)

export const discoveryDocument = z.object({
  /** Protocol versions that the relay speaks, see docs/protocol.md. */
  protocolVersions: z.array(z.int().positive()).min(1),
  name: z.string().min(1).max(64),
  /** Where the WebSocket carrier is opened, absolute, wss:// (ws:// on loopback only). */
  carrierUrl: z.url({ protocol: /^wss?$/ }),
  oidc: z.object({
    issuer: z.url({ protocol: /^https?$/ }),
    clientId: z.string().min(1),
    scopes: z.array(z.string()).min(1),
    /** RFC 8707 resource indicator to ask for; null where the provider has no use for it. */
    resource: z.string().nullable(),
    /** What the provider calls that parameter; `resource` where it is not said. */
    resourceParameter: z.enum(['resource', 'audience']).optional(),
    /** Loopback ports that the provider has registered; null where it takes any (RFC 8252 §7.3). */
    redirectPorts: z.array(z.int().min(1).max(65535)).nullable(),
  }),
  /** Whether access tokens have to be bound to a key (RFC 9449); a relay that does not say knows no such tokens. */
  dpop: z.enum(['required', 'optional', 'none']).default('none'),
  /** How machines with an AWS identity get in; null where they do not. */
  aws: z
    .object({
      /** The regions whose STS the relay knows. */
      regions: z.array(z.string().regex(/^[a-z0-9-]{1,40}$/)).min(1),
      /** The audience of `sts:GetWebIdentityToken`; null where the relay does not take those. */
      audience: z.string().min(1).max(1000).nullable(),
      /** Whether it takes a signed `sts:GetCallerIdentity`. */
      callerIdentity: z.boolean(),
    })
    .nullable()
    .default(null),
  /**
   * Whether the relay tells inside a session what the person may do and what goes through (docs/protocol.md); one that does
   * not say so is older, and is not asked.
   */
  tells: z.boolean().default(false),
  services: z.array(
    z.object({
      name: serviceName,
      type: z.enum(['airflow', 'http', 'tcp']),
      /** The local port that the relay proposes. */
      localPort: z.int().min(1).max(65535),
    }),
  ),
})

export type DiscoveryDocument = z.infer<typeof discoveryDocument>
