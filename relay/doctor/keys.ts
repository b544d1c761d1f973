import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import { weaknessOf } from '../identity/key-strength.ts'
import type { Say } from './finding.ts'

const jwks = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(1000) })
type Jwk = z.infer<typeof jwks>['keys'][number]

const algorithmsOfCurve: Readonly<Record<string, string>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
}
const algorithmName = /^[A-Za-z0-9+-]{1,32}$/
const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

/**
 * Looks at someone's keys (RFC 7517): whether one is there that signs as is accepted, and whether they are strong.
 *
 * @param o.accepted algorithms
 * @param o.path where these stand in the configuration; null where they are fixed
 */
export function examineKeys(
  document: unknown,
  { accepted, path }: { accepted: readonly string[]; path: string | null },
  say: Say,
): void {
  const parsed = jwks.safeParse(document)
  if (!parsed.success) {
    say('fault', 'keys', 'What is there is no set of keys.', 'Ask whoever runs it.')
    return
  }
  const signing = parsed.data.keys.filter(({ use }) => use === undefined || use === 'sig')
  if (signing.some(({ kty }) => kty === 'oct')) {
    say('fault', 'keys', 'It publishes a secret key, with which anyone can sign.', 'Tell whoever runs it.')
  }
  const asymmetric = signing.filter(({ kty }) => kty !== 'oct')
  const strong = asymmetric.filter((key) => faultOf(key) === null)
  for (const key of asymmetric) {
    const weakness = faultOf(key)
    if (weakness === null) continue
    const level = strong.length === 0 ? 'fault' : 'warning'
    say(
      level,
      'keys',
      `A key of its is not believed: ${weakness}.`,
      'Have it sign with RSA of 2048 bits or more, or ES256.',
    )
  }
  const offered = [...new Set(strong.flatMap(algorithmsOf))]
  const usable = offered.filter((algorithm) => accepted.includes(algorithm))
  if (usable.length === 0) {
    say(
      'fault',
      'algorithms',
      `Its keys sign ${offered.slice(0, 10).join(', ') || 'nothing that is known here'}; accepted is ${accepted.join(', ')}.`,
      path === null ? 'Ask whoever runs it.' : `Add one of them to ${path}.`,
    )
  } else {
    say('ok', 'keys', `${strong.length} key(s) that are strong enough, for ${usable.join(', ')}.`)
  }
  if (asymmetric.length > 1 && asymmetric.some(({ kid }) => typeof kid !== 'string')) {
    say('warning', 'keys', 'It has several keys, and not all have an id, so that tokens cannot name theirs.')
  }
}

/** Why a key is not believed; null where it is. */
function faultOf(key: Jwk): string | null {
  try {
    return weaknessOf(createPublicKey({ key: key as JsonWebKey, format: 'jwk' }))
  } catch {
    return 'it cannot be read'
  }
}

function algorithmsOf({ kty, crv, alg }: Jwk): readonly string[] {
  if (typeof alg === 'string' && algorithmName.test(alg)) return [alg === 'Ed25519' ? 'EdDSA' : alg]
  if (kty === 'RSA') return rsaAlgorithms
  const algorithm = typeof crv === 'string' ? algorithmsOfCurve[crv] : undefined
  return algorithm === undefined ? [] : [algorithm]
}
