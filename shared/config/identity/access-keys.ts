/** The one static thing: keys for what cannot sign in in any better way. */
import { z } from 'zod'

export const accessKeysConfig = z.strictObject({
  groups: z
    .array(z.string().min(1).max(256))
    .min(1)
    .max(100)
    .describe(
      'The groups that keys may have. Each is made with some of them, and loses those that are taken out of here.',
    ),
  maxDays: z
    .int()
    .min(1)
    .max(90)
    .default(90)
    .describe('How long a key may be good, in days. A key that was made for longer ends then as well.'),
})

export type AccessKeysConfig = z.infer<typeof accessKeysConfig>
