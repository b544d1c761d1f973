import { z } from 'zod'

/** Of tokens and assertions: clocks that are more apart are mended, not tolerated. */
export const clockToleranceSeconds = z
  .int()
  .min(0)
  .max(60)
  .default(30)
  .describe('How far clocks may differ, in seconds.')
