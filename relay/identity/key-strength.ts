import type { KeyObject } from 'node:crypto'

const minRsaBits = 2048
const minExponent = 65_537n

/** Primes modulo which few numbers are powers of 65537. By chance a modulus passes for one of those keys in 2^28 times. */
const rocaPrimes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]
const powersModulo = new Map(rocaPrimes.map((prime) => [BigInt(prime), powersOf65537(prime)]))

/**
 * Points of Ed25519 of order 1, 2, 4 and 8, in all encodings, without the sign: whoever wants to signs for them, where Node
 * is older than https://github.com/nodejs/node/pull/64026.
 */
const smallOrder = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

/**
 * Why a public key is not believed, to be read after a colon; null where it is. A weak key signs for anyone
 * (RFC 8725 §3.5).
 */
export function weaknessOf(key: KeyObject): string | null {
  const { asymmetricKeyType, asymmetricKeyDetails = {} } = key
  if (asymmetricKeyType === 'ed25519')
    return isOfSmallOrder(key.export({ format: 'jwk' }).x ?? '') ? 'Ed25519 of small order' : null
  if (asymmetricKeyType !== 'rsa') return null
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails
  if (modulusLength < minRsaBits) return `RSA of ${modulusLength} bits`
  if (publicExponent < minExponent) return `RSA with the exponent ${publicExponent}`
  return isOfRoca(key.export({ format: 'jwk' }).n ?? '') ? 'RSA that can be factored (CVE-2017-15361)' : null
}

/** @param x of a JWK (RFC 8037 §2) */
export function isOfSmallOrder(x: string): boolean {
  const point = Buffer.from(x, 'base64url')
  if (point.length !== 32) return false
  point.writeUInt8(point.readUInt8(31) & 0x7f, 31)
  return smallOrder.has(point.toString('hex'))
}

/** Made by a library of some chips, whose primes are powers of 65537, but for a multiple. @param n of a JWK */
function isOfRoca(n: string): boolean {
  const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)
  return [...powersModulo].every(([prime, powers]) => powers.has(Number(modulus % prime)))
}

function powersOf65537(prime: number): ReadonlySet<number> {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power)
  return powers
}
