/** `when` and `unless` in `policy`: what a rule may depend on besides who, what and which DAG. */
import { z } from 'zod'

export const principalKinds = ['person', 'machine', 'agent'] as const
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const confKeys = z.array(z.string().min(1).max(256)).min(1).max(256).nullable().default(null)

const conf = z
  .strictObject({
    maxBytes: z
      .int()
      .min(0)
      .max(16_777_216)
      .nullable()
      .default(null)
      .describe('How long the conf may be as JSON, in bytes.'),
    keys: z
      .array(z.string().min(1).max(256))
      .max(256)
      .nullable()
      .default(null)
      .describe('The only keys that the conf may have; [] for none.'),
    requiredKeys: confKeys.describe('Keys that the conf has to have.'),
    forbiddenKeys: confKeys.describe('Keys that the conf may not have.'),
  })
  .refine((one) => Object.values(one).some((value) => value !== null), 'nothing is asked of it')

/** Of a grant or rule. */
export const until = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .nullable()
  .default(null)
  .describe('When it ends: the last day, in UTC, or an instant such as 2026-12-31T17:00:00+01:00.')

/** Each is null where it is not asked for. */
export const policyConditions = z.strictObject({
  who: z
    .array(z.enum(principalKinds))
    .min(1)
    .nullable()
    .default(null)
    .describe('Who acts. A grant without it lets agents only read.'),
  hours: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'two times such as 08:00-18:00')
    .refine((hours) => hours.slice(0, 5) !== hours.slice(6), 'from and to are the same')
    .nullable()
    .default(null)
    .describe('From a time of day until before another, e.g. 08:00-18:00 or, over midnight, 22:00-06:00.'),
  weekdays: z
    .array(z.enum(weekdays))
    .min(1)
    .nullable()
    .default(null)
    .describe('Days of the week, by the calendar.'),
  timezone: z
    .string()
    .refine(isTimeZone, 'a time zone such as Europe/Berlin')
    .default('UTC')
    .describe('Whose clock hours and weekdays are read from: a name of the IANA time zone database.'),
  networks: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
    .min(1)
    .nullable()
    .default(null)
    .describe('Addresses and networks that the person comes from, e.g. 10.0.0.0/8, as the relay sees them.'),
  maxAuthenticationAgeMinutes: z
    .int()
    .min(1)
    .max(525_600)
    .nullable()
    .default(null)
    .describe('How long ago the person may have signed in, in minutes (`auth_time` of the token).'),
  acr: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'a value of acr, such as urn:example:mfa'))
    .min(1)
    .max(16)
    .nullable()
    .default(null)
    .describe('How strongly the person has to have signed in: any of these values of `acr` in the token.'),
  conf: conf
    .nullable()
    .default(null)
    .describe('The conf of a request that makes runs: a trigger, a backfill. Others have none.'),
})

export type PolicyConditions = z.infer<typeof policyConditions>

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
