import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Person } from '#shared/ipc/control.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { DpopKey } from '../dpop-key.ts'
import type { Tokens } from '../tokens.ts'
import { showCallerIdentity } from './caller-identity.ts'
import { type AwsKeyProvider, awsKeyProvider, regionOf } from './identity.ts'
import { askWebIdentity } from './web-identity.ts'

type Offered = Pick<DiscoveryDocument, 'aws' | 'dpop'>

interface Presented {
  readonly token: string
  /** Seconds since the epoch. */
  readonly expires: number
  /** That it is bound to; null for a bearer token. */
  readonly key: DpopKey | null
  readonly person: Person
}

/** An access token with less than this left is replaced before it is used, in seconds. */
const spareSeconds = 30

/**
 * A machine's sign-in to one environment, by its AWS identity. Nothing of it is kept: whenever a token is needed, the
 * identity is shown anew.
 */
export class AwsCredentials {
  readonly #relayUrl: string
  readonly #region: string | null
  #token: Presented | null = null
  #showing: Promise<Presented> | null = null
  /** Of all tokens of this process: those of one session have to be bound to the same. */
  #key: DpopKey | null = null
  #keys: { region: string; find: AwsKeyProvider } | null = null

  /** @param o.region the region whose STS is used; null for one that fits */
  constructor(o: { relayUrl: string; region: string | null }) {
    this.#relayUrl = o.relayUrl
    this.#region = o.region
  }

  /** Who it was the last time; null before the first. */
  get person(): Person | null {
    return this.#token?.person ?? null
  }

  /**
   * An access token with some life left. However many ask at once, the identity is shown once.
   *
   * @param unlike a token that will not do
   * @throws AWS_CREDENTIALS_MISSING, RELAY_UNREACHABLE, PROVIDER_UNREACHABLE, RATE_LIMITED (a retry can help)
   * @throws AWS_NOT_TAKEN, AWS_IDENTITY_REFUSED, CLOCK_DIFFERS, USAGE, RELAY_UNTRUSTED, NOT_A_RELAY
   */
  async accessToken(offered: Offered, ca: string | null, unlike?: string): Promise<Presented> {
    const present = this.#token
    if (present && present.token !== unlike && present.expires - spareSeconds > Date.now() / 1000)
      return present
    this.#showing ??= this.#show(offered, ca).finally(() => {
      this.#showing = null
    })
    this.#token = await this.#showing
    return this.#token
  }

  async #show({ aws, dpop }: Offered, ca: string | null): Promise<Presented> {
    if (!aws) throw new JetwayError('AWS_NOT_TAKEN', { relay: new URL(this.#relayUrl).host })
    const { audience, callerIdentity, regions } = aws
    const region = regionOf(this.#region, regions)
    const keys = await this.#keysFor(region)
    // What AWS makes is bound to no key.
    const mayAsk = audience !== null && dpop !== 'required'
    const made = mayAsk ? await askWebIdentity({ audience, region, keys }) : null
    if (made) return presented(made)
    if (!callerIdentity) throw new JetwayError('AWS_IDENTITY_REFUSED')
    this.#key ??= await DpopKey.ofProcess()
    const tokens = await showCallerIdentity({
      relayUrl: this.#relayUrl,
      ca,
      region,
      keys: await keys(),
      key: this.#key,
    })
    return presented(tokens)
  }

  async #keysFor(region: string): Promise<AwsKeyProvider> {
    if (this.#keys?.region !== region) this.#keys = { region, find: await awsKeyProvider(region) }
    return this.#keys.find
  }
}

function presented({ accessToken, expires, person, key }: Tokens): Presented {
  return { token: accessToken, expires, key, person }
}
