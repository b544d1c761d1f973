/** How a service knows people: by what the relay signs for it. */
import { z } from 'zod'

const file = z.string().min(1).max(4096)
const keyId = z.string().min(1).max(64)

/** The keys and the lifetime of what is signed for a service. */
export const signingIdentity = z.strictObject({
  keyFile: file.describe('PEM file with the Ed25519 key that signs for this service.'),
  keyId: keyId
    .default('relay')
    .describe('The key’s `kid`. Another key takes another one, also in another service.'),
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
