/** Machines that run with an AWS identity. */
import { z } from 'zod'
import { clockToleranceSeconds } from './clock-tolerance.ts'

const account = z.string().regex(/^\d{12}$/, 'twelve digits, in quotes')
/** Roles and users may be named so; both are unique in their account, whatever their path. */
const name = z.string().regex(/^[\w+=,.@-]{1,64}$/, 'the name alone, without path or wildcards')

const principal = z.strictObject({
  account: account.describe('The account that it belongs to.'),
  role: name.optional().describe('The name of a role. Its path is left out: names are unique in an account.'),
  user: name
    .optional()
    .describe(
      'The name of an IAM user, instead of a role. Users have long-lived keys; better leave them out.',
    ),
  partition: z
    .enum(['aws', 'aws-cn', 'aws-us-gov'])
    .default('aws')
    .describe('The partition that the account is in.'),
  groups: z
    .array(z.string().min(1).max(256))
    .min(1)
    .max(100)
    .describe('The groups that it is in, as the policy names them.'),
})

const webIdentity = z.strictObject({
  audience: z.string().min(1).max(1000).describe('The audience that the tokens have to be for.'),
  issuers: z
    .array(
      z.strictObject({
        account: account.describe('The account whose issuer it is.'),
        issuer: z
          .url({ protocol: /^https?$/ })
          .describe('As `aws iam get-outbound-web-identity-federation-info` says it.'),
        organisation: z
          .string()
          .regex(/^o-[a-z0-9]{10,32}$/)
          .nullable()
          .default(null)
          .describe('The organisation that the account has to be in still; null for any.'),
      }),
    )
    .min(1)
    .max(100)
    .describe('Each account has an issuer of its own.'),
})

export const awsConfig = z.strictObject({
  principals: z.array(principal).min(1).max(1000).describe('Who is let in; nobody else is.'),
  regions: z
    .array(z.string().regex(/^[a-z]{2}(-[a-z]+){1,2}-\d{1,2}$/, 'a region, e.g. eu-central-1'))
    .min(1)
    .max(50)
    .describe('The regions whose STS is asked. The relay asks no other host.'),
  webIdentity: webIdentity
    .optional()
    .describe('Tokens of `sts:GetWebIdentityToken`; off where it is not given. Clients try this first.'),
  callerIdentity: z
    .strictObject({
      clockToleranceSeconds,
    })
    .optional()
    .describe('A signed `sts:GetCallerIdentity` that the relay asks itself; off where it is not given.'),
})

export type AwsConfig = z.infer<typeof awsConfig>
