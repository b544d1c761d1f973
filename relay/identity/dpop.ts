import { hash } from 'node:crypto'
import type { DpopConfig } from '#shared/config/identity/dpop.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { DpopNonces } from './dpop-nonces.ts'
import { type DpopProof, readProof } from './dpop-proof.ts'
import { UsedProofs } from './used-proofs.ts'

/** What a proof came with. */
export interface ProofContext {
  /** The request's method, and its URL as callers know it. */
  readonly method: string
  readonly url: string
  /** The access token that it is to make good; null at a token endpoint (RFC 9449 §5). */
  readonly accessToken: string | null
  /** The key that it has to be of; null where any will do. */
  readonly keyThumbprint: string | null
  /** Who uses up room by it. */
  readonly owner: string
}

/** A proof may be so much older, or newer, than now, in seconds. */
const oldestSeconds = 60
const newestSeconds = 30
const most = 262_144
const mostOfOne = 65_536

/**
 * Proofs of possession (RFC 9449): each is good for one request, with one nonce.
 *
 * Nothing of it is kept on disk. A proof takes a nonce, the nonce is good at the object that gave it and nowhere else, and
 * that object remembers each proof for as long as its nonce is good. So a proof from before a restart, a reload, or of
 * another replica is worth nothing, and a request costs no write. What it costs is a round trip, once, for whoever
 * comes with another's nonce.
 */
export class DpopProofs {
  readonly #nonces: DpopNonces
  readonly #withTokens: UsedProofs
  /** Apart: there anyone can use up room, whose key is only as old as the request. */
  readonly #withoutTokens: UsedProofs
  readonly #now: () => number

  /** @param o.now milliseconds since the epoch */
  constructor(
    { nonceSeconds }: Pick<DpopConfig, 'nonceSeconds'>,
    o: { now?: () => number; most?: number } = {},
  ) {
    const { now = Date.now } = o
    const room = { most: o.most ?? most, mostOfOne, keepSeconds: nonceSeconds, now }
    this.#now = now
    this.#nonces = new DpopNonces(nonceSeconds, now)
    this.#withTokens = new UsedProofs(room)
    this.#withoutTokens = new UsedProofs(room)
  }

  /**
   * Every check of RFC 9449 §4.3, but that there is only one proof: that is for who reads the header.
   *
   * @returns whose key it is, and the nonce for the next proof where this one's is past its middle
   * @throws UNAUTHENTICATED; the true reason is the error's cause, for the log only
   * @throws DPOP_NONCE_REQUIRED with a `nonce` for the next proof, OVERLOADED (a retry can help)
   */
  async accept(
    text: string,
    context: ProofContext,
  ): Promise<{ thumbprint: string; nextNonce: string | null }> {
    const proof = await readProof(text).catch((cause: unknown) => {
      throw new JetwayError('UNAUTHENTICATED', {}, { cause })
    })
    // First, since the answer also tells the time to who has another.
    const age = this.#nonces.ageOf(proof.nonce ?? '')
    if (age === null) throw new JetwayError('DPOP_NONCE_REQUIRED', { nonce: this.#nonces.create() })
    const mistake = this.#mistake(proof, context)
    if (mistake !== null) throw refused(mistake)
    const used = context.accessToken === null ? this.#withoutTokens : this.#withTokens
    if (!used.use(proof.thumbprint, proof.jti, context.owner)) throw refused('has been used before')
    return { thumbprint: proof.thumbprint, nextNonce: age < 0.5 ? null : this.#nonces.create() }
  }

  /** What keeps a proof from being for this request, at this time; null where nothing does. */
  #mistake(proof: DpopProof, { method, url, accessToken, keyThumbprint }: ProofContext): string | null {
    const age = this.#now() / 1000 - proof.iat
    if (proof.htm !== method) return 'is for another method'
    if (targetOf(proof.htu) !== targetOf(url.split('?', 1)[0] as string)) return 'is for another URL'
    if (age > oldestSeconds) return `is ${Math.round(age)} s old`
    if (age < -newestSeconds) return `is from ${Math.round(-age)} s ahead`
    if (accessToken !== null && proof.ath !== athOf(accessToken)) return 'is for another token'
    if (keyThumbprint !== null && proof.thumbprint !== keyThumbprint) return 'is of another key'
    return null
  }
}

/** Normalised as RFC 3986 §6.2.2 and §6.2.3 say; null where it is no URL that a proof may name (RFC 9449 §4.2). */
function targetOf(text: string): string | null {
  if (!/^https?:\/\/[^\s?#\\]+$/i.test(text) || !URL.canParse(text)) return null
  const { origin, pathname, username, password } = new URL(text)
  if (username !== '' || password !== '') return null
  const path = pathname.replace(/%[0-9a-f]{2}/gi, (octet) => {
    const char = String.fromCharCode(Number.parseInt(octet.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(char) ? char : octet.toUpperCase()
  })
  return origin + path
}

function athOf(accessToken: string): string {
  return hash('sha256', accessToken, 'base64url')
}

function refused(what: string): JetwayError {
  return new JetwayError('UNAUTHENTICATED', {}, { cause: new Error(`the proof ${what}`) })
}
