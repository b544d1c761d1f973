/** `dagTags` of an Airflow: how long the relay goes by what it read of the tags of DAGs. */
import { z } from 'zod'

export const dagTags = z
  .strictObject({
    refreshSeconds: z
      .int()
      .min(5)
      .max(3600)
      .default(60)
      .describe('How old they may be before they are read again, in seconds.'),
    keepSeconds: z
      .int()
      .min(5)
      .max(86_400)
      .default(600)
      .describe(
        'How old they may be to be used while Airflow does not answer, in seconds. Then no grant by tag allows anything.',
      ),
  })
  .prefault({})
  .describe('The tags of DAGs, read from Airflow where the policy speaks of them.')
