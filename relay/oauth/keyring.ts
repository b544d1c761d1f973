import type { KeyObject } from 'node:crypto'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { jwkThumbprint, type PublicJwk, publicJwk } from '../upstream/jwks.ts'
import { KeyFiles } from './key-files.ts'

export interface SigningKey {
  readonly kid: string
  readonly key: KeyObject
}

/** What a key of a ring does; times are seconds since the epoch. */
export interface KeyInfo {
  readonly kid: string
  /** `next` and `previous` keys are believed and sign nothing. */
  readonly state: 'next' | 'signs' | 'previous'
  readonly signsFrom: number
}

/** How a ring's keys follow one another; in seconds. */
export interface KeySchedule {
  /** How long each signs. */
  readonly rotateSeconds: number
  /** How long each is published before it signs: so long may whoever verifies keep what it knows. */
  readonly publishAheadSeconds: number
}

type RingKey = SigningKey & { readonly signsFrom: number; readonly jwk: PublicJwk }

/**
 * How long a key is believed after the next one signs: the longest life of what is signed with it, a quarter of an hour,
 * and some for clocks.
 */
export const believedSeconds = 1000

/**
 * Keys that the relay makes itself, in a folder that several relays may share; see key-files.ts. Of those whose time has
 * come the newest signs; all are believed.
 */
export class Keyring {
  readonly #files: KeyFiles
  readonly #now: () => number
  #keys: readonly RingKey[] = []

  private constructor(files: KeyFiles, now: () => number) {
    this.#files = files
    this.#now = now
  }

  /**
   * Opens a folder, and makes it, with a first key, where there is none.
   *
   * @param path where it stands in the configuration
   * @param now seconds since the epoch
   * @throws CONFIG_INVALID when it cannot be read or written, or can be read by others
   */
  static open(folder: string, path = 'identity.tokens.keyFolder', now = seconds): Keyring {
    try {
      const ring = new Keyring(new KeyFiles(folder), now)
      ring.refresh()
      if (ring.#keys.length === 0) ring.#make(now())
      return ring
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      const reason = `${path} ${folder} cannot be used (${code ?? message})`
      throw new JetwayError('CONFIG_INVALID', { reason }, { cause })
    }
  }

  /** The one that signs. */
  get current(): SigningKey {
    return this.#signing()
  }

  /** All that are believed, the next one as well; earliest first. */
  get all(): readonly SigningKey[] {
    return this.#keys
  }

  /** All whose signatures are believed. */
  get published(): readonly PublicJwk[] {
    return this.#keys.map(({ jwk }) => jwk)
  }

  /** Whether signatures of this key are believed. */
  has(kid: string): boolean {
    return this.#keys.some((key) => key.kid === kid)
  }

  /** Earliest first. */
  get keys(): readonly KeyInfo[] {
    const signing = this.#signing()
    return this.#keys.map((key) => {
      const { kid, signsFrom } = key
      if (key === signing) return { kid, signsFrom, state: 'signs' }
      return { kid, signsFrom, state: signsFrom > signing.signsFrom ? 'next' : 'previous' }
    })
  }

  /**
   * Looks what others have made and deleted. A folder without a key is one that is gone for the moment: what is known
   * goes on.
   *
   * @returns whether a key is gone
   * @throws Error when it cannot be read
   */
  refresh(): boolean {
    const times = this.#files.list()
    if (times.length === 0) return false
    const before = this.#keys
    const known = new Map(before.map((key) => [key.signsFrom, key]))
    this.#keys = times.map((signsFrom) => known.get(signsFrom) ?? this.#read(signsFrom))
    return before.some(({ kid }) => !this.has(kid))
  }

  /**
   * Makes the next key when it is time for it, and deletes those that nothing is believed of any more.
   *
   * @returns the key that was made; null where none was
   * @throws Error when the folder cannot be written
   */
  keepSchedule({ rotateSeconds, publishAheadSeconds }: KeySchedule): KeyInfo | null {
    const now = this.#now()
    for (const [i, { signsFrom }] of this.#keys.entries()) {
      const follower = this.#keys[i + 1]
      if (follower && follower.signsFrom <= now - believedSeconds) this.#files.delete(signsFrom)
    }
    this.refresh()
    const signsUntil = this.#signing().signsFrom + rotateSeconds
    if (now < signsUntil - publishAheadSeconds) return null
    return this.makeNext(Math.max(signsUntil, now + publishAheadSeconds))
  }

  /**
   * Makes the key that signs after this one, unless there is one that has not begun to.
   *
   * @param signsFrom seconds since the epoch; it is believed from now on
   * @throws Error when the folder cannot be written
   */
  makeNext(signsFrom: number): KeyInfo | null {
    if (this.keys.some(({ state }) => state === 'next')) return null
    return this.#make(signsFrom)
  }

  /**
   * Signs with another key at once, and believes no other any more.
   *
   * @throws Error when the folder cannot be written
   */
  replace(): KeyInfo {
    const others = this.#keys.map(({ signsFrom }) => signsFrom)
    let signsFrom = this.#now()
    while (others.includes(signsFrom)) signsFrom += 1
    const made = this.#make(signsFrom)
    for (const other of others) this.#files.delete(other)
    this.refresh()
    return { ...made, state: 'signs' }
  }

  /** Where two make the same one, the one that was there first counts. */
  #make(signsFrom: number): KeyInfo {
    this.#files.make(signsFrom)
    this.refresh()
    const made = this.keys.find((key) => key.signsFrom === signsFrom)
    if (!made) throw new Error('the key that was made is gone')
    return made
  }

  #read(signsFrom: number): RingKey {
    const key = this.#files.read(signsFrom)
    const kid = jwkThumbprint(key)
    return { kid, key, signsFrom, jwk: publicJwk(key, kid) }
  }

  /** While all are still to come, as for a clock that was set back, the first one. */
  #signing(): RingKey {
    const now = this.#now()
    return (this.#keys.findLast(({ signsFrom }) => signsFrom <= now) ?? this.#keys[0]) as RingKey
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
