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
import { type ErrorCode, errorTable } from '#shared/errors/table.ts'
import { parseJson } from '#shared/parse-json.ts'
import { httpsFetch, textUpTo } from '../../network/https-fetch.ts'
import { relayError } from '../../network/network-error.ts'
import type { DpopKey } from '../dpop-key.ts'
import type { Tokens } from '../tokens.ts'
import type { AwsKeys } from './identity.ts'

const maxAnswerBytes = 65_536
/** AWS takes five minutes and relays less; one that is set to zero takes only what is this exact. */
const maxClockDifferenceSeconds = 30

const challengeForm = z.object({ challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/) })
const tokenForm = z.object({
  access_token: z.string().min(1),
  // Bound to the key, or it is not the answer to what was asked.
  token_type: z.string().regex(/^dpop$/i),
  expires_in: z.number().positive(),
  sub: z.string().min(1),
  name: z.string().min(1),
})
const refusalForm = z.object({ error: z.string() })
const problemForm = z.looseObject({ code: z.string(), detail: z.string(), action: z.string() })

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
  const asked = await post(o, '/aws/challenge')
  requireSameClock(asked.date)
  const { challenge } = readAs(challengeForm, asked, relayUrl)
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
  } = readAs(tokenForm, await redeem(o, form), relayUrl)
  return {
    accessToken,
    expires: Math.floor(Date.now() / 1000 + seconds),
    refreshToken: null,
    idToken: null,
    person: { subject: sub, name, email: null },
    key: o.key,
  }
}

/** A relay that wants another nonce in the proof of the key has not looked at the rest: it is asked once more. */
async function redeem(
  o: { relayUrl: string; ca: string | null; key: DpopKey },
  form: Record<string, string>,
): Promise<Answer> {
  const url = new URL('/oauth/token', o.relayUrl).href
  const ask = async () =>
    post(o, '/oauth/token', form, await o.key.proof({ method: 'POST', url, accessToken: null }))
  const answer = await ask()
  if (answer.nonce !== null) o.key.learn(answer.nonce, answer.date ?? undefined)
  const refused = refusalForm.safeParse(answer.body)
  return answer.status === 400 && refused.data?.error === 'use_dpop_nonce' ? ask() : answer
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

interface Answer {
  readonly status: number
  readonly date: string | null
  /** For the next proof of the key. */
  readonly nonce: string | null
  readonly body: unknown
}

async function post(
  { relayUrl, ca }: { relayUrl: string; ca: string | null },
  path: string,
  form: Record<string, string> = {},
  proof?: string,
): Promise<Answer> {
  try {
    const response = await httpsFetch(ca)(new URL(path, relayUrl).href, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        ...(proof === undefined ? {} : { dpop: proof }),
      },
      body: new URLSearchParams(form).toString(),
    })
    const body = parseJson(await textUpTo(response, maxAnswerBytes))
    const { status, headers } = response
    return { status, date: headers.get('date'), nonce: headers.get('dpop-nonce'), body }
  } catch (cause) {
    throw relayError(new URL(relayUrl).host, cause)
  }
}

function readAs<T>(form: z.ZodType<T>, { status, body }: Answer, relayUrl: string): T {
  const answer = form.safeParse(body)
  if (status === 200 && answer.success) return answer.data
  // The relay does not say why (RFC 6749 §5.2).
  if (status === 400 && refusalForm.safeParse(body).success) throw new JetwayError('AWS_IDENTITY_REFUSED')
  const problem = problemForm.safeParse(body)
  if (problem.success && Object.hasOwn(errorTable, problem.data.code)) {
    const { code, detail, action } = problem.data
    throw JetwayError.fromPeer(code as ErrorCode, detail, action)
  }
  throw new JetwayError('NOT_A_RELAY', { relay: new URL(relayUrl).host, reason: `status ${status}` })
}

/** What is signed by a clock that is wrong is refused, and the refusal does not say why. */
function requireSameClock(date: string | null): void {
  const seconds = Math.round((Date.now() - Date.parse(date ?? '')) / 1000)
  if (Math.abs(seconds) <= maxClockDifferenceSeconds || Number.isNaN(seconds)) return
  throw new JetwayError('CLOCK_DIFFERS', {
    difference: `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'}`,
  })
}
