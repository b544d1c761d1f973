import { createPublicKey, verify } from 'node:crypto'

/** What a feed says of a version, as far as it is signed. */
export interface SignedUpdate {
  /** `x.y.z`. */
  readonly version: string
  readonly files: readonly { readonly url: string; readonly sha512: string; readonly size?: number }[]
  /** Ed25519, base64. */
  readonly signature?: string
}

/** Exactly what is signed: no other bytes mean the same. A feed's other keys are shown to nobody and decide nothing. */
export function signedBytes({ version, files }: SignedUpdate): Buffer {
  const lines = files.map(
    ({ url, sha512, size }) => `${JSON.stringify(url)} ${JSON.stringify(sha512)} ${size ?? 0}`,
  )
  return Buffer.from(['jetway desktop update 1', JSON.stringify(version), ...lines, ''].join('\n'))
}

/**
 * Whether whoever holds the key that belongs to `publicKey` has made this update: the feed's server alone cannot.
 *
 * @param publicKey PEM, Ed25519
 */
export function isSignedBy(publicKey: string, update: SignedUpdate): boolean {
  if (typeof update.signature !== 'string' || !Array.isArray(update.files) || update.files.length === 0)
    return false
  try {
    const key = createPublicKey(publicKey)
    if (key.asymmetricKeyType !== 'ed25519') return false
    return verify(null, signedBytes(update), key, Buffer.from(update.signature, 'base64'))
  } catch {
    return false
  }
}
