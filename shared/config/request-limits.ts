/** `limits.requests`: how many requests are under way and wait, and how slow or long they may be. */
import { z } from 'zod'

export const requestLimits = z.strictObject({
  perPrincipal: z
    .int()
    .min(1)
    .max(1024)
    .nullable()
    .default(null)
    .describe(
      'Requests of one person, machine or agent under way at once at one service; null for half of its `connections`.',
    ),
  perRoute: z
    .int()
    .min(1)
    .max(1024)
    .nullable()
    .default(null)
    .describe(
      'Requests of one operation under way at once; null for three quarters of the service’s `connections`. So one that hangs leaves room for the others.',
    ),
  waiting: z
    .int()
    .min(0)
    .max(100_000)
    .default(1024)
    .describe(
      'Requests that wait for one service. One more is refused, or takes the place of one that matters less.',
    ),
  waitingPerPrincipal: z
    .int()
    .min(0)
    .max(100_000)
    .default(256)
    .describe('Of these, of one person, machine or agent.'),
  maxWaitSeconds: z
    .int()
    .min(1)
    .max(300)
    .default(10)
    .describe('How long a request may wait for its turn, in seconds.'),
  stalledSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(120)
    .describe(
      'A client that has to send or to take something is cut when it moves less than `minBytesPerSecond` for so long, in seconds.',
    ),
  minBytesPerSecond: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(32)
    .describe('The least a client has to move on average, in bytes a second.'),
  headSeconds: z
    .int()
    .min(1)
    .max(600)
    .default(20)
    .describe('How long a client may take for the head of a request, in seconds.'),
  slowSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(60)
    .describe('A request without an answer is named in the log after so long, in seconds.'),
  unsettledSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(3900)
    .describe(
      'A request without an answer is given up after so long, in seconds; more than a service’s `timeoutSeconds`.',
    ),
  connections: z
    .int()
    .min(16)
    .max(1_000_000)
    .default(20_000)
    .describe(
      'Connections to the relay’s port at once. When there are more, those that are idle are closed.',
    ),
})

export type RequestLimits = z.infer<typeof requestLimits>
