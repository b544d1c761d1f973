import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Person } from '#shared/ipc/control.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import type { Tokens } from '../tokens.ts'
import { showCallerIdentity } from './caller-identity.ts'
import { type AwsKeyProvider, awsKeyProvider, regionOf } from './identity.ts'
import { askWebIdentity } from './web-identity.ts'

/** An access token with less than this left is replaced before it is used, in seconds. */
const spareSeconds = 30

/**
 * A machine's sign-in to one environment, by its AWS identity. Nothing of it is kept: whenever a token is needed, the
 * identity is shown anew.
 */
export class AwsCredentials {
  readonly #relayUrl: string
  readonly #region: string | null
  #tokens: Tokens | null = null
  #showing: Promise<Tokens> | null = null
  #keys: { region: string; find: AwsKeyProvider } | null = null

  /** @param o.region the region whose STS is used; null for one that fits */
  constructor(o: { relayUrl: string; region: string | null }) {
    this.#relayUrl = o.relayUrl
    this.#region = o.region
  }

  /** Who it was the last time; null before the first. */
  get person(): Person | null {
    return this.#tokens?.person ?? null
  }

  /**
   * An access token with some life left. However many ask at once, the identity is shown once.
   *
   * @param unlike a token that will not do
   * @throws AWS_CREDENTIALS_MISSING, RELAY_UNREACHABLE, PROVIDER_UNREACHABLE, RATE_LIMITED (a retry can help)
   * @throws AWS_NOT_TAKEN, AWS_IDENTITY_REFUSED, CLOCK_DIFFERS, USAGE, RELAY_UNTRUSTED, NOT_A_RELAY
   */
  async accessToken(
    aws: DiscoveryDocument['aws'],
    ca: string | null,
    unlike?: string,
  ): Promise<{ token: string; expires: number }> {
    const present = this.#tokens
    if (present && present.accessToken !== unlike && present.expires - spareSeconds > Date.now() / 1000) {
      return { token: present.accessToken, expires: present.expires }
    }
    this.#showing ??= this.#show(aws, ca).finally(() => {
      this.#showing = null
    })
    this.#tokens = await this.#showing
    return { token: this.#tokens.accessToken, expires: this.#tokens.expires }
  }

  async #show(aws: DiscoveryDocument['aws'], ca: string | null): Promise<Tokens> {
    if (!aws) throw new JetwayError('AWS_NOT_TAKEN', { relay: new URL(this.#relayUrl).host })
    const { audience, callerIdentity, regions } = aws
    const region = regionOf(this.#region, regions)
    const keys = await this.#keysFor(region)
    const token = audience === null ? null : await askWebIdentity({ audience, region, keys })
    if (token) return token
    if (!callerIdentity) throw new JetwayError('AWS_IDENTITY_REFUSED')
    return showCallerIdentity({ relayUrl: this.#relayUrl, ca, region, keys: await keys() })
  }

  async #keysFor(region: string): Promise<AwsKeyProvider> {
    if (this.#keys?.region !== region) this.#keys = { region, find: await awsKeyProvider(region) }
    return this.#keys.find
  }
}
