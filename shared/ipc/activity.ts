/** What goes through, as the relay tells the person who does it. Nothing of bodies, queries or secrets. */
import { z } from 'zod'

const text = z.string().max(512)

export const activityEntry = z.object({
  /** The request's id, as in the audit log and in any problem document. */
  id: text,
  /** ISO 8601: when it began. */
  time: text,
  service: text.nullable(),
  /** `run.trigger` and so on; null where it was refused before that was known. */
  verb: text.nullable(),
  dag: text.nullable(),
  run: text.nullable(),
  task: text.nullable(),
  method: text.nullable(),
  /** Without its query. */
  path: z.string().max(4096).nullable(),
  /** HTTP status; null where none was sent. */
  status: z.int().min(100).max(999).nullable(),
  effect: z.enum(['allow', 'deny']).nullable(),
  /** Why it was refused, as the caller was told; null where it was not. */
  problem: z
    .object({ code: text, title: text, detail: z.string().max(4096), action: z.string().max(4096) })
    .nullable(),
  /** The agent through which the person acted; null for none. */
  agent: text.nullable(),
  durationMs: z.number().nonnegative(),
})

export type ActivityEntry = z.infer<typeof activityEntry>
