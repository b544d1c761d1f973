/** A service of `type: http`: any web application or HTTP API that takes people from a signed header. */
import { z } from 'zod'
import { origin } from './origin.ts'
import { signingIdentity } from './signing-identity.ts'

/** RFC 9110 §5.1, without `_`, which some servers take for `-`. */
const headerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, 'a header’s name: letters, digits, -')

export const httpService = z.strictObject({
  type: z.literal('http').describe('Any HTTP service: each request is decided on by policy.http.'),
  url: origin.describe('Where the service answers the relay, e.g. http://grafana.internal:3000.'),
  localPort: z.int().min(1).max(65_535).describe('The port on people’s own machines.'),
  identity: signingIdentity
    .extend({
      header: headerName
        .default('X-Jetway-Assertion')
        .describe('The header with the signed assertion (JWT, EdDSA).'),
    })
    .describe('How people are known to the service.'),
  stripHeaders: z
    .array(headerName)
    .max(64)
    .default([])
    .describe(
      'Headers by which this service would believe who asks, besides those that are taken out everywhere.',
    ),
  connections: z.int().min(1).max(1024).default(64).describe('Connections to the service at once.'),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(300)
    .describe('How long it may think before it answers, and be silent in an answer, in seconds.'),
})
