/** `audit` in the relay's configuration: the evidence. docs/audit.md says what it is good for. */
import { z } from 'zod'

const file = z.string().min(1).max(4096)

export const auditConfig = z.strictObject({
  file: file.describe(
    'The audit log, one JSON record a line. Older segments, checkpoints and a lock stand beside it.',
  ),
  keyFile: file.describe('PEM file with the Ed25519 key that signs checkpoints, readable by its owner only.'),
  origin: z
    .string()
    .regex(/^[^\s+\p{Cc}]{1,256}$/u, 'a name without spaces and +, such as airflow.example.com/audit')
    .nullable()
    .default(null)
    .describe(
      'What the log and its key are called. It cannot change while the log goes on. null: the host of publicUrl, and /audit.',
    ),
  checkpoints: z
    .strictObject({
      everyRecords: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(10_000)
        .describe('After so many records a checkpoint is signed.'),
      everySeconds: z
        .int()
        .min(1)
        .max(3600)
        .default(60)
        .describe('A record is covered by a checkpoint after so long at most, in seconds.'),
      heartbeatSeconds: z
        .int()
        .min(1)
        .max(86_400)
        .default(300)
        .describe('How often a record says that the relay was there, and is signed, in seconds.'),
    })
    .prefault({})
    .describe('When the log is signed.'),
  segments: z
    .strictObject({
      maxBytes: z
        .int()
        .min(65_536)
        .max(1_099_511_627_776)
        .default(268_435_456)
        .describe('At this size a segment ends and the next begins, in bytes.'),
      keepDays: z
        .int()
        .min(1)
        .max(36_500)
        .nullable()
        .default(null)
        .describe(
          'Segments whose last record is older are deleted when another ends, after a day at the latest; null keeps all.',
        ),
    })
    .prefault({})
    .describe('The files that the log consists of.'),
  redact: z
    .array(z.string().regex(/^\*?[^*]{1,250}\*?$/, 'a name, with * before it, after it, or both'))
    .max(100)
    .default([])
    .describe(
      'Names that are not written down: segments of paths, and names of resources. `*` before or after stands for any characters.',
    ),
})
