/** Access tokens that the relay issues itself, for those whose own proof of who they are is no access token. */
import { z } from 'zod'

export const tokensConfig = z.strictObject({
  keyFolder: z
    .string()
    .min(1)
    .max(4096)
    .default('jetway-keys')
    .describe('A folder of the relay’s own, where the keys are that it signs them with. It makes it.'),
  rotateDays: z
    .int()
    .min(1)
    .max(365)
    .default(30)
    .describe('How long a key signs before another one does, in days. See docs/operations.md.'),
  lifetimeSeconds: z
    .int()
    .min(60)
    .max(900)
    .default(600)
    .describe('How long one is good, in seconds; at most a quarter of an hour.'),
})
