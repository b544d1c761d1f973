import { z } from 'zod'
import {
  amzDate,
  callerIdentityBody,
  callerIdentityGrant,
  type SignedParts,
  signedHeadersOf,
  stsHost,
} from '#shared/aws/caller-identity.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { DpopKey } from '../dpop-key.ts'
import { askForToken, boundToken, postForm, readAnswer } from '../relay-token.ts'
import type { Tokens } from '../tokens.ts'
import type { AwsKeys } from './identity.ts'

/** AWS takes five minutes and relays less; one that is set to zero takes only what is this exact. */
const maxClockDifferenceSeconds = 30

const challengeForm = z.object({ challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/) })
const tokenForm = boundToken.extend({
  expires_in: z.number().positive(),
  sub: z.string().min(1),
  name: z.string().min(1),
})

/**
 * Shows an AWS identity with a signed `sts:GetCallerIdentity`, for an access token of the relay's. The keys stay here: the
 * relay gets a signature that is good for this relay and this one time.
 *
 * @param o.relayUrl the relay's origin
 * @throws RELAY_UNREACHABLE, PROVIDER_UNREACHABLE, RATE_LIMITED (a retry can help)
 * @throws AWS_IDENTITY_REFUSED, CLOCK_DIFFERS, RELAY_UNTRUSTED, NOT_A_RELAY
 */
export async function showCallerIdentity(o: {
  relayUrl: string
  ca: string | null
  region: string
  keys: AwsKeys
  /** That the token is bound to (RFC 9449). */
  key: DpopKey
}): Promise<Tokens> {
  const { relayUrl, region, keys } = o
  const refused = { relayUrl, refused: () => new JetwayError('AWS_IDENTITY_REFUSED') }
  const asked = await postForm(o, '/aws/challenge')
  requireSameClock(asked.date)
  const { challenge } = readAnswer(challengeForm, asked, refused)
  const now = new Date()
  const parts = {
    region,
    date: amzDate(now),
    securityToken: keys.sessionToken ?? null,
    challenge,
    relay: new URL(relayUrl).origin,
  }
  const form = {
    grant_type: callerIdentityGrant,
    region,
    date: parts.date,
    challenge,
    access_key_id: keys.accessKeyId,
    signature: await sign(parts, keys, now),
    ...(parts.securityToken === null ? {} : { security_token: parts.securityToken }),
  }
  const {
    access_token: accessToken,
    expires_in: seconds,
    sub,
    name,
  } = readAnswer(tokenForm, await askForToken(o, form), refused)
  return {
    accessToken,
    expires: Math.floor(Date.now() / 1000 + seconds),
    refreshToken: null,
    idToken: null,
    person: { subject: sub, name, email: null },
    key: o.key,
  }
}

/** AWS Signature Version 4, hex, over the headers of shared/aws/caller-identity.ts and no others. */
async function sign(parts: SignedParts, keys: AwsKeys, signingDate: Date): Promise<string> {
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@aws-crypto/sha256-js'),
  ])
  const signer = new SignatureV4({
    service: 'sts',
    region: parts.region,
    credentials: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey,
      ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken }),
    },
    sha256: Sha256,
    applyChecksum: false,
  })
  const { headers } = await signer.sign(
    {
      method: 'POST',
      protocol: 'https:',
      hostname: stsHost(parts.region),
      path: '/',
      query: {},
      headers: signedHeadersOf(parts),
      body: callerIdentityBody,
    },
    { signingDate },
  )
  return (headers.authorization as string).slice(-64)
}

/** What is signed by a clock that is wrong is refused, and the refusal does not say why. */
function requireSameClock(date: string | null): void {
  const seconds = Math.round((Date.now() - Date.parse(date ?? '')) / 1000)
  if (Math.abs(seconds) <= maxClockDifferenceSeconds || Number.isNaN(seconds)) return
  throw new JetwayError('CLOCK_DIFFERS', {
    difference: `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'}`,
  })
}
