/** People whom a load balancer or a proxy in front of the relay has signed in, and vouches for in a signed header. */
import { z } from 'zod'
import { origin } from '../origin.ts'
import { clockToleranceSeconds } from './clock-tolerance.ts'
import { signatureAlgorithms } from './oidc.ts'

const file = z.string().min(1).max(4096)
const text = z.string().min(1).max(512)

const listen = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('The address to bind.'),
  port: z.int().min(1).max(65_535).describe('A port of its own: no other one takes the header.'),
  tls: z
    .strictObject({
      cert: file.describe('PEM file with the certificate chain.'),
      key: file.describe('PEM file with the private key, readable by its owner only.'),
    })
    .optional()
    .describe('The certificate that is shown to the balancer.'),
  plain: z
    .union([z.literal(true), z.literal('network')])
    .optional()
    .describe(
      'Without TLS. `true` is for a loopback address; `network` for a network that nobody else reads: what they read there lets them in.',
    ),
})

const common = {
  listen: listen.describe('Where the balancer reaches the relay.'),
  publicUrl: origin.describe(
    'What people type to get to the balancer: other sites’ pages are held against it.',
  ),
  groupsClaim: text.default('groups').describe('The claim that lists a person’s groups.'),
  members: z
    .record(text, z.array(text).max(10_000))
    .default({})
    .describe(
      'Groups by name, and who is in them by verified e-mail address or by subject: for those whose provider does not say. They come on top of those that the claim has.',
    ),
  forwardedFor: z
    .int()
    .min(0)
    .max(5)
    .default(0)
    .describe(
      'Which entry of X-Forwarded-For is the caller’s address, from the right: 1 behind an ALB, 2 behind Google’s. 0: the balancer’s own address stands for the caller’s.',
    ),
  clockToleranceSeconds,
}

const alb = z.strictObject({
  from: z.literal('aws-alb').describe('An Application Load Balancer of AWS: `x-amzn-oidc-data`.'),
  signer: z
    .string()
    .regex(
      /^arn:aws(-cn|-us-gov)?:elasticloadbalancing:[a-z]{2}(-[a-z]+){1,3}-[0-9]:[0-9]{12}:loadbalancer\/app\/[A-Za-z0-9-]{1,32}\/[0-9a-f]{1,32}$/,
      'the ARN of an Application Load Balancer',
    )
    .describe('The balancer’s own ARN. One of somebody else signs as well, and lets nobody in.'),
  clientId: text.describe('The client that the balancer signs people in with.'),
  issuer: z
    .url({ protocol: /^https$/ })
    .describe('The provider where it signs them in, as that names itself.'),
  ...common,
})

const iap = z.strictObject({
  from: z.literal('google-iap').describe('Identity-Aware Proxy of Google Cloud: `x-goog-iap-jwt-assertion`.'),
  audience: z
    .string()
    .regex(/^\/projects\/[0-9]+\/[A-Za-z0-9/_.-]{1,256}$/, 'as IAP shows it, from /projects/ on')
    .describe('The audience of the backend, e.g. /projects/NUMBER/global/backendServices/ID.'),
  ...common,
})

const cloudflare = z.strictObject({
  from: z.literal('cloudflare-access').describe('Cloudflare Access: `cf-access-jwt-assertion`.'),
  team: z
    .string()
    .regex(/^[a-z0-9](-?[a-z0-9])*$/, 'the name before .cloudflareaccess.com')
    .max(63)
    .describe('The team’s name: TEAM of https://TEAM.cloudflareaccess.com.'),
  audience: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'the AUD tag, 64 hexadecimal digits')
    .describe('The AUD tag of the application.'),
  ...common,
})

const jwt = z.strictObject({
  from: z.literal('jwt').describe('Any other proxy that signs who asks.'),
  header: z
    .string()
    .regex(/^x-[a-z0-9](-?[a-z0-9])*$/, 'a name in lower case that begins with x-')
    .max(64)
    .describe('The header that has the token, and nothing beside it.'),
  issuer: text.describe('Its `iss`.'),
  audience: text.describe('Its `aud`.'),
  algorithms: z
    .array(z.enum(signatureAlgorithms))
    .min(1)
    .default(['ES256'])
    .describe('Signature algorithms that are accepted.'),
  jwksUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where its keys are (RFC 7517).'),
  jwksFile: file.optional().describe('Its keys in a file, in place of jwksUrl.'),
  ...common,
})

export const signedHeadersConfig = z.record(
  z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and -'),
  z.discriminatedUnion('from', [alb, iap, cloudflare, jwt], {
    error: ({ code }) =>
      code === 'invalid_union' ? 'aws-alb, google-iap, cloudflare-access or jwt' : undefined,
  }),
)

export type SignedHeaderConfig = z.infer<typeof signedHeadersConfig>[string]
export type SignedHeaderOf<From extends SignedHeaderConfig['from']> = Extract<
  SignedHeaderConfig,
  { readonly from: From }
>
