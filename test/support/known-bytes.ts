import { createHash } from 'node:crypto'

/** What long known transfers are made of, again and again. */
export const knownBlock = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 31 + (i >> 8)) & 255))

/** SHA-256 of so many known bytes, in hex. */
export function knownDigest(bytes: number): string {
  const hash = createHash('sha256')
  for (let left = bytes; left > 0; left -= knownBlock.length) {
    hash.update(knownBlock.subarray(0, Math.min(left, knownBlock.length)))
  }
  return hash.digest('hex')
}
