/** People who sign in at a SAML 2.0 provider. */
import { z } from 'zod'
import { clockToleranceSeconds } from './clock-tolerance.ts'

const file = z.string().min(1).max(4096)
const attribute = z.string().min(1).max(256)

export const samlConfig = z.strictObject({
  entityId: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^\S+$/, 'no spaces')
    .describe(
      'The provider’s entityID, exactly as in its metadata. People’s principals have it as their issuer.',
    ),
  metadata: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('Where the provider publishes them, https.'),
      file: file.optional().describe('A file with them; for providers that publish none.'),
    })
    .describe(
      'The provider’s metadata: `url` or `file`. They are read anew while the relay runs, so that signing certificates can be rolled over; several count at once, and those that have expired do not.',
    ),
  refreshMinutes: z
    .int()
    .min(5)
    .max(1440)
    .default(60)
    .describe('How old the metadata may be before they are read anew, in minutes.'),
  spEntityId: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^\S+$/, 'no spaces')
    .nullable()
    .default(null)
    .describe(
      'The relay’s own entityID, which assertions have to name as their audience; null for where its own metadata are, `<publicUrl>/saml/metadata`.',
    ),
  signing: z
    .strictObject({
      key: file.describe('PEM file with an RSA private key, readable by its owner only.'),
      cert: file.describe('PEM file with its certificate, which the relay’s own metadata show.'),
    })
    .optional()
    .describe('Signs what the relay sends to the provider. Without it requests are not signed.'),
  emailAttribute: attribute
    .nullable()
    .default('email')
    .describe('The name of the attribute that is the e-mail address; null where the NameID is.'),
  groupsAttribute: attribute
    .default('groups')
    .describe('The name of the attribute whose values are a person’s groups. Without it a person has none.'),
  nameIdFormat: z
    .string()
    .min(1)
    .max(256)
    .nullable()
    .default(null)
    .describe(
      'The NameID format that is asked for; null leaves it to the provider. The NameID is who people are, so transient ones are refused.',
    ),
  sessionMinutes: z
    .int()
    .min(5)
    .max(1440)
    .default(480)
    .describe(
      'How long a sign-in lasts without asking the provider again, in minutes; less where the provider says less. What changes at the provider counts from the next sign-in.',
    ),
  clockToleranceSeconds,
})

export type SamlConfig = z.infer<typeof samlConfig>
