import { createHmac, hkdfSync, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { RateBuckets } from '../../http/rate-buckets.ts'
import type { Keyring } from '../../oauth/keyring.ts'
import type { State } from '../../state/state.ts'

/** How long a challenge is good, in seconds. */
export const challengeSeconds = 60

const [expiryBytes, randomPart, macBytes] = [4, 12, 16]
const form = /^[A-Za-z0-9_-]{43}$/
const ofOneAddress = { requests: 300, perSeconds: 60 }
const ofAll = { requests: 3000, perSeconds: 60 }

/**
 * What a machine has to sign to show that it signs now, and for this relay: 32 bytes, `expires (4) | random (12) | MAC
 * (16)`. None is kept until it is used, so that nobody can fill the relay's memory with them, and every replica that has
 * the keys takes those of all.
 */
export class AwsChallenges {
  readonly #keyring: Keyring
  readonly #state: State
  readonly #byAddress = new RateBuckets(ofOneAddress)
  readonly #all = new RateBuckets(ofAll)

  constructor(keyring: Keyring, state: State) {
    this.#keyring = keyring
    this.#state = state
  }

  /** @throws RATE_LIMITED (a retry helps after the Retry-After) */
  issue(address: string): string {
    const at = Date.now()
    const retryAfterSeconds = this.#byAddress.take(address, at) || this.#all.take('', at)
    if (retryAfterSeconds > 0) {
      throw new JetwayError('RATE_LIMITED', {
        limit: `${ofOneAddress.requests} in ${ofOneAddress.perSeconds} s`,
        retryAfterSeconds,
      })
    }
    const content = Buffer.alloc(expiryBytes + randomPart)
    content.writeUInt32BE(Math.floor(at / 1000) + challengeSeconds)
    randomBytes(randomPart).copy(content, expiryBytes)
    return Buffer.concat([content, macOf(content, this.#keyring.current.key)]).toString('base64url')
  }

  /**
   * Uses a challenge up: of several who bring the same one, one succeeds.
   *
   * @throws Error when it is none of the relay's, has expired or was used
   * @throws STATE_UNAVAILABLE (a retry with another challenge can help)
   */
  async use(challenge: string): Promise<void> {
    const bytes = form.test(challenge) ? Buffer.from(challenge, 'base64url') : Buffer.alloc(0)
    // The last character has bits that say nothing: another one would be the same challenge, unused.
    if (bytes.toString('base64url') !== challenge) throw new Error('not a challenge')
    const content = bytes.subarray(0, expiryBytes + randomPart)
    // Also of the key before: one may follow another between a challenge and its use.
    const isOurs = this.#keyring.all.some(({ key }) =>
      timingSafeEqual(macOf(content, key), bytes.subarray(content.length)),
    )
    if (!isOurs) throw new Error('a challenge that the relay has not given')
    const now = Math.floor(Date.now() / 1000)
    const expires = content.readUInt32BE()
    if (expires <= now) throw new Error('the challenge has expired')
    if (!(await this.#state.usedIds.use('nonce', `aws ${challenge}`, expires, now)))
      throw new Error('the challenge was used before')
  }
}

function macOf(content: Buffer, key: KeyObject): Buffer {
  return createHmac('sha256', macKeyOf(key)).update(content).digest().subarray(0, macBytes)
}

const macKeys = new WeakMap<KeyObject, Buffer>()

/** The signing key itself signs tokens only. */
function macKeyOf(key: KeyObject): Buffer {
  const known = macKeys.get(key)
  if (known) return known
  const secret = key.export({ type: 'pkcs8', format: 'der' })
  const made = Buffer.from(hkdfSync('sha256', secret, '', 'jetway aws challenge', 32))
  macKeys.set(key, made)
  return made
}
