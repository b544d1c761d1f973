/** `control` and `reload` in the relay's configuration: how whoever runs the relay speaks to it. */
import { z } from 'zod'

export const controlConfig = z.strictObject({
  socket: z
    .string()
    .min(1)
    .max(4096)
    .nullable()
    .default('relay.sock')
    .describe(
      'The Unix socket for `jetway-relay reload` and `jetway-relay status`, for the owner of the process alone; null for none.',
    ),
})

export const reloadConfig = z.strictObject({
  allowWidening: z
    .boolean()
    .default(false)
    .describe(
      'Whether SIGHUP may widen access. What counts is the configuration at work, not the one that is to come.',
    ),
})
