import { request } from 'undici'
import { z } from 'zod'
import {
  callerIdentityBody,
  type SignedParts,
  signedHeadersOf,
  stsHost,
} from '#shared/aws/caller-identity.ts'
import { parseJson } from '#shared/parse-json.ts'
import { unreachable } from '../provider-keys.ts'
import { type AwsIdentity, parseArn } from './arn.ts'

const timeoutMs = 5000
const maxAnswerBytes = 16_384

/** Where a host is reached. Nothing in the configuration changes it. */
export type StsUrl = (host: string) => string

export const realSts: StsUrl = (host) => `https://${host}/`

/** GetCallerIdentity (STS API Reference), as JSON. */
const answerForm = z.object({
  GetCallerIdentityResponse: z.object({
    GetCallerIdentityResult: z.object({ Account: z.string(), Arn: z.string() }),
  }),
})

/**
 * Asks a region's STS whose signature it is. The request is built here from its parts, down to the last byte: whoever sent
 * them chooses neither the host nor the path, the action or a header. It is sent once.
 *
 * @param o.signature hex
 * @throws Error when STS does not say who it is
 * @throws PROVIDER_UNREACHABLE when it says nothing (a retry with another challenge can help)
 */
export async function askCallerIdentity(o: {
  parts: SignedParts
  accessKeyId: string
  signature: string
  stsUrl: StsUrl
}): Promise<AwsIdentity> {
  const { parts, accessKeyId, signature } = o
  const host = stsHost(parts.region)
  const headers = signedHeadersOf(parts)
  const scope = `${parts.date.slice(0, 8)}/${parts.region}/sts/aws4_request`
  const signedHeaders = Object.keys(headers).join(';')
  const { status, type, text } = await send(o.stsUrl(host), host, {
    ...headers,
    accept: 'application/json',
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  })
  if (status >= 500) throw unreachable(`https://${host}`, `status ${status}`)
  if (status !== 200) throw new Error(`${host} answered with status ${status}`)
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new Error(`${host} answered with ${type.slice(0, 100)}`)
  const answer = answerForm.safeParse(parseJson(text))
  if (!answer.success) throw new Error(`${host} did not say who it is`)
  const { Account, Arn } = answer.data.GetCallerIdentityResponse.GetCallerIdentityResult
  const identity = parseArn(Arn)
  if (identity.account !== Account) throw new Error(`${host} named two accounts`)
  return identity
}

async function send(
  url: string,
  host: string,
  headers: Record<string, string>,
): Promise<{ status: number; type: string; text: string | null }> {
  try {
    // undici follows no redirect here, and sends nothing twice.
    const {
      statusCode,
      headers: answered,
      body,
    } = await request(url, {
      method: 'POST',
      headers,
      body: callerIdentityBody,
      signal: AbortSignal.timeout(timeoutMs),
    })
    const type = String(answered['content-type'] ?? 'nothing')
    return { status: statusCode, type, text: await textUpTo(body, maxAnswerBytes) }
  } catch (cause) {
    throw unreachable(`https://${host}`, 'no answer', cause)
  }
}

/** Null when there is more. */
async function textUpTo(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
