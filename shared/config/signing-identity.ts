/** How a service knows people: by what the relay signs for it. */
import { z } from 'zod'

const file = z.string().min(1).max(4096)
const keyId = z.string().min(1).max(64)

/** The keys and the lifetime of what is signed for a service. */
export const signingIdentity = z.strictObject({
  keyFile: file
    .optional()
    .describe('PEM file with the Ed25519 key that signs for this service. Either this or `keyFolder`.'),
  keyFolder: file
    .optional()
    .describe(
      'A folder of the relay’s own, in which it makes the keys that sign for this service, and has others follow. For services that read the relay’s keys from /.well-known/jwks.json.',
    ),
  rotateDays: z
    .int()
    .min(1)
    .max(365)
    .default(30)
    .describe('How long a key of `keyFolder` signs before another one does, in days.'),
  publishAheadMinutes: z
    .int()
    .min(1)
    .max(720)
    .default(120)
    .describe(
      'How long a key of `keyFolder` is published before it signs, in minutes: at least as long as the service keeps what it has read.',
    ),
  keyId: keyId
    .default('relay')
    .describe(
      'The `kid` of `keyFile`; keys of `keyFolder` have names of their own (RFC 7638). Another key takes another one, also in another service.',
    ),
  otherKeys: z
    .array(
      z.strictObject({
        keyFile: file.describe('PEM file with an Ed25519 key, private or public.'),
        keyId: keyId.describe('Its `kid`.'),
      }),
    )
    .max(8)
    .default([])
    .describe(
      'Keys that are published in /.well-known/jwks.json and sign nothing: the one that comes next, and the one before. See docs/airflow-3.md.',
    ),
  audience: z
    .string()
    .min(1)
    .max(256)
    .nullable()
    .default(null)
    .describe(
      'The `aud` of what is signed; null for `apache-airflow` where that is Airflow’s own, and the service’s name elsewhere.',
    ),
  lifetimeSeconds: z
    .int()
    .min(10)
    .max(300)
    .default(60)
    .describe('How long what is signed is good, in seconds.'),
})
