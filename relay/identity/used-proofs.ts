import { hash } from 'node:crypto'
import { JetwayError } from '#shared/errors/jetway-error.ts'

interface Use {
  readonly owner: string
  /** Milliseconds since the epoch. */
  readonly forgottenAt: number
}

/**
 * Proofs that have been used (RFC 9449 §11.1), each for as long as it could be used again. There is room for so many and
 * no more: then nothing is accepted, for what would be forgotten is what someone could use once more.
 */
export class UsedProofs {
  readonly #most: number
  readonly #mostOfOne: number
  readonly #keepMs: number
  readonly #now: () => number
  /** In the order in which they are forgotten, since all are kept for as long. */
  readonly #uses = new Map<string, Use>()
  readonly #counts = new Map<string, number>()

  /**
   * @param o.most of all together
   * @param o.mostOfOne of one owner, so that nobody fills it alone
   * @param o.now milliseconds since the epoch
   */
  constructor(o: { most: number; mostOfOne: number; keepSeconds: number; now: () => number }) {
    this.#most = o.most
    this.#mostOfOne = o.mostOfOne
    this.#keepMs = o.keepSeconds * 1000
    this.#now = o.now
  }

  /**
   * @returns true the first time
   * @throws OVERLOADED when there is no room (a retry can help)
   */
  use(thumbprint: string, jti: string, owner: string): boolean {
    const now = this.#now()
    this.#forget(now)
    const id = hash('sha256', `${thumbprint}\n${jti}`, 'base64url')
    if (this.#uses.has(id)) return false
    const count = this.#counts.get(owner) ?? 0
    if (this.#uses.size >= this.#most || count >= this.#mostOfOne)
      throw new JetwayError('OVERLOADED', { limit: 'proofs of keys at once' })
    this.#uses.set(id, { owner, forgottenAt: now + this.#keepMs })
    this.#counts.set(owner, count + 1)
    return true
  }

  #forget(now: number): void {
    for (const [id, { owner, forgottenAt }] of this.#uses) {
      if (forgottenAt > now) return
      this.#uses.delete(id)
      const count = (this.#counts.get(owner) as number) - 1
      if (count === 0) this.#counts.delete(owner)
      else this.#counts.set(owner, count)
    }
  }
}
