/** Access tokens that are bound to a key of the caller's (RFC 9449). One that is bound is always held to its key. */
import { z } from 'zod'

export const dpopConfig = z.strictObject({
  required: z
    .boolean()
    .default(false)
    .describe('Whether access tokens have to be bound to a key, so that a stolen one is of no use.'),
  nonceSeconds: z
    .int()
    .min(10)
    .max(300)
    .default(60)
    .describe('How long a nonce is good that the relay gives for proofs of the key, in seconds.'),
})

export type DpopConfig = z.infer<typeof dpopConfig>
