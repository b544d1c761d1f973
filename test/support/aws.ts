import { Sha256 } from '@aws-crypto/sha256-js'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsKeys } from '#client/auth/aws/identity.ts'
import {
  amzDate,
  callerIdentityBody,
  callerIdentityGrant,
  signedHeadersOf,
  stsHost,
} from '#shared/aws/caller-identity.ts'

export const region = 'eu-central-1'

/** Keys of a role session, as moto gives them to anyone before it checks signatures. */
export async function assumeRole(motoUrl: string, roleArn: string, sessionName: string): Promise<AwsKeys> {
  const anyone = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' }
  const sts = new STSClient({ endpoint: motoUrl, region, credentials: anyone })
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: sessionName }),
  )
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

export interface Proof {
  readonly keys: AwsKeys
  readonly relay: string
  readonly challenge: string
  readonly region?: string
  readonly date?: Date
  readonly body?: string
  readonly path?: string
  /** Headers that are signed besides, or instead; one that is undefined is left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** What a client sends to the token endpoint, signed as it is told. */
export async function formOf(proof: Proof): Promise<Record<string, string>> {
  const { keys, challenge } = proof
  const where = proof.region ?? region
  const signingDate = proof.date ?? new Date()
  const date = amzDate(signingDate)
  const { sessionToken: securityToken = null } = keys
  const parts = { region: where, date, securityToken, challenge, relay: proof.relay }
  const given = Object.entries({ ...signedHeadersOf(parts), ...proof.headers })
  const headers = Object.fromEntries(given.filter((one): one is [string, string] => one[1] !== undefined))
  const signer = new SignatureV4({
    service: 'sts',
    region: where,
    credentials: keys,
    sha256: Sha256,
    applyChecksum: false,
  })
  const request = {
    method: 'POST',
    protocol: 'https:',
    hostname: stsHost(where),
    path: proof.path ?? '/',
    query: {},
    headers,
    body: proof.body ?? callerIdentityBody,
  }
  const signed = await signer.sign(request, { signingDate })
  return {
    grant_type: callerIdentityGrant,
    region: where,
    date,
    challenge,
    access_key_id: keys.accessKeyId,
    signature: (signed.headers.authorization as string).slice(-64),
    ...(securityToken === null ? {} : { security_token: securityToken }),
  }
}

/** A challenge of a relay's. */
export async function challengeOf(relayUrl: string): Promise<string> {
  const response = await fetch(`${relayUrl}/aws/challenge`, { method: 'POST' })
  const { challenge } = (await response.json()) as { challenge: string }
  return challenge
}

/** What the token endpoint answers to a form. */
export async function redeem(
  relayUrl: string,
  form: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${relayUrl}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
