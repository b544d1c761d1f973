import { decodeJwt } from 'jose'
import { stsHost } from '#shared/aws/caller-identity.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { networkReason } from '../../network/network-error.ts'
import type { Tokens } from '../tokens.ts'
import type { AwsKeyProvider } from './identity.ts'

/** As short as AWS makes them by itself: a longer one would be refused near the end of a role session. */
const lifetimeSeconds = 300

/**
 * A token of `sts:GetWebIdentityToken` (STS API Reference), which the relay takes as it is.
 *
 * @returns null when AWS does not give this identity one: the account has it turned off, or the role may not ask
 * @throws PROVIDER_UNREACHABLE (a retry can help)
 * @throws AWS_CREDENTIALS_MISSING
 */
export async function askWebIdentity(o: {
  audience: string
  region: string
  keys: AwsKeyProvider
}): Promise<Tokens | null> {
  const { STSClient, GetWebIdentityTokenCommand, STSServiceException } = await import('@aws-sdk/client-sts')
  const client = new STSClient({ region: o.region, credentials: o.keys, maxAttempts: 2 })
  try {
    const { WebIdentityToken } = await client.send(
      new GetWebIdentityTokenCommand({
        Audience: [o.audience],
        DurationSeconds: lifetimeSeconds,
        SigningAlgorithm: 'ES384',
      }),
    )
    return tokensOf(WebIdentityToken ?? '')
  } catch (cause) {
    if (cause instanceof JetwayError) throw cause
    if (cause instanceof STSServiceException && cause.$fault === 'client') return null
    const issuer = `https://${stsHost(o.region)}`
    throw new JetwayError('PROVIDER_UNREACHABLE', { issuer, reason: networkReason(cause).reason }, { cause })
  } finally {
    client.destroy()
  }
}

/** Its claims are read to show who it is; whether they are true is for the relay to find out. */
function tokensOf(accessToken: string): Tokens {
  const { sub = '', exp = 0 } = decodeJwt(accessToken)
  const [, account = '', name = sub] = /^arn:[^:]*:iam::(\d+):(?:.*\/)?([^/]+)$/.exec(sub) ?? []
  return {
    accessToken,
    expires: Math.floor(exp),
    refreshToken: null,
    idToken: null,
    person: { subject: sub, name: account === '' ? sub : `${name}@${account}`, email: null },
    key: null,
  }
}
