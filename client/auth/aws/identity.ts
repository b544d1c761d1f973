import { JetwayError } from '#shared/errors/jetway-error.ts'

const maxReasonChars = 300

/** Keys of an AWS identity, for a while. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Gives keys that are good now; the SDK renews them where they have an end. */
export type AwsKeyProvider = () => Promise<AwsKeys>

/**
 * The identity that this machine has at AWS, found as every AWS tool finds it: environment, profile, web identity token
 * file, ECS or EKS agent, instance metadata. The SDK is loaded only here, when it is asked for.
 */
export async function awsKeyProvider(region: string): Promise<AwsKeyProvider> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
  const find = defaultProvider({ clientConfig: { region } })
  return async () => {
    try {
      return await find()
    } catch (cause) {
      const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] as string
      throw new JetwayError('AWS_CREDENTIALS_MISSING', { reason: reason.slice(0, maxReasonChars) }, { cause })
    }
  }
}

/**
 * Which region's STS the identity is shown at: the wanted one, the machine's own where the relay knows it, or the relay's
 * first.
 *
 * @throws USAGE when the relay does not know the wanted one
 */
export function regionOf(wanted: string | null, known: readonly string[], env = process.env): string {
  if (wanted !== null && !known.includes(wanted)) {
    throw new JetwayError('USAGE', { reason: `The relay asks AWS in ${known.join(', ')}, not in ${wanted}.` })
  }
  const own = env.AWS_REGION ?? env.AWS_DEFAULT_REGION
  return wanted ?? known.find((region) => region === own) ?? (known[0] as string)
}
