import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errors, type JWK } from 'jose'
import { expect, test } from 'vitest'
import { signatureAlgorithms } from '#shared/config/identity/oidc.ts'
import { principalOf } from '../../../../relay/identity/claims.ts'
import { readProof } from '../../../../relay/identity/dpop-proof.ts'
import { createJwtAuthenticator } from '../../../../relay/identity/jwt-authenticator.ts'
import { localKeys } from '../../../../relay/identity/provider-keys.ts'

/** Wycheproof’s vectors, against what stands between a token, or a proof, and who it says that someone is. */
interface Group {
  readonly comment: string
  readonly private: JWK | { readonly keys: readonly JWK[] }
  readonly public?: JWK | { readonly keys: readonly JWK[] }
  readonly tests: readonly Vector[]
}
interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly result: 'valid' | 'invalid'
  /** An object in JSON form (RFC 7515 §7.2); not there where something is encrypted. */
  readonly jws?: string | object
}

const folder = join(import.meta.dirname, '../../../corpora/wycheproof')
const groups = ['json_web_signature', 'json_web_key', 'json_web_crypto'].flatMap((file) => {
  const text = readFileSync(join(folder, `${file}_test.json`), 'utf8')
  return (JSON.parse(text) as { testGroups: Group[] }).testGroups.map((group) => ({ ...group, file }))
})
const vectors = groups.flatMap((group) =>
  group.tests.flatMap(({ jws, ...vector }) => {
    if (jws === undefined) return []
    return [{ ...vector, jws: typeof jws === 'string' ? jws : JSON.stringify(jws), group }]
  }),
)
const publicKeys = ({ public: known, private: own }: Group) => keysOf(known ?? own)
function keysOf(keys: Group['private']): readonly JWK[] {
  return 'keys' in keys ? (keys.keys as readonly JWK[]) : [keys as JWK]
}

const [issuer, audience] = ['https://id.example.com', 'urn:test:relay']
const authenticatorWith = (keys: readonly JWK[]) =>
  createJwtAuthenticator({
    path: 'identity.test',
    issuer,
    audience,
    algorithms: signatureAlgorithms,
    clockToleranceSeconds: 0,
    tokenTypes: ['none', 'JWT', 'at+jwt'],
    keys: async () => localKeys({ keys }),
    principalOf: (payload) => principalOf(payload, 'groups', 'identity.test'),
  })
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)

/** What is signed there are no claims: only once a signature has been accepted is that the reason. */
async function isSignatureAccepted(keys: readonly JWK[], jws: string): Promise<boolean> {
  const error = await authenticatorWith(keys)
    .authenticate(jws)
    .catch((e) => e)
  expect(error).toMatchObject({ code: 'UNAUTHENTICATED', message: 'The relay did not accept who you are.' })
  return error.cause instanceof errors.JWTInvalid
}

/** Valid there, and here nothing: an empty payload is no token, and a key is for the algorithm that it names. */
function isToHold({ comment, result, group }: (typeof vectors)[number]): boolean {
  const [key] = publicKeys(group)
  const isOfItsKey = comment !== 'Figure20' && comment !== 'Figure27'
  return result === 'valid' && key?.kty !== 'oct' && comment !== 'emptyPayload' && isOfItsKey
}

test('a signature is accepted where it is valid and its algorithm is one that may be, and nowhere else', async () => {
  const count = { accepted: 0, refused: 0, 'valid, by a shared secret': 0 }
  for (const vector of vectors) {
    const { group, jws, tcId, comment } = vector
    const accepted = await isSignatureAccepted(publicKeys(group), jws)
    expect(accepted, `${group.file} ${tcId}: ${comment}`).toBe(isToHold(vector))
    if (accepted) count.accepted += 1
    else count.refused += 1
    const isSecret = publicKeys(group).some(({ kty }) => kty === 'oct')
    if (isSecret && vector.result === 'valid') count['valid, by a shared secret'] += 1
  }
  expect(count).toEqual({ accepted: 29, refused: 447, 'valid, by a shared secret': 16 })
})

/** A good token but for its key. */
function signedBy(key: JWK): string {
  const claims = { iss: issuer, aud: audience, sub: 'ana', iat: now(), exp: now() + 60 }
  const signed = `${part({ alg: 'RS256', kid: key.kid })}.${part(claims)}`
  const privateKey = createPrivateKey({ key: key as Record<string, unknown>, format: 'jwk' })
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
}

test('a key that is good signs for ana', async () => {
  const group = groups.find(({ file, comment }) => file === 'json_web_key' && comment === 'rs256') as Group
  const [own] = keysOf(group.private)
  expect(await authenticatorWith(publicKeys(group)).authenticate(signedBy(own as JWK))).toMatchObject({
    principal: { subject: 'ana' },
  })
})

test.each([
  ['jws_rsa_roca_key', /factored/],
  ['keysize_too_small', /1024 bits/],
  ['exponentOne', /exponent 1$/],
])('%s signs for nobody', async (comment, reason) => {
  const weak = groups.filter((group) => group.comment === comment)
  expect(weak.length).toBeGreaterThan(0)
  for (const group of weak) {
    const [own] = keysOf(group.private)
    const error = await authenticatorWith(publicKeys(group))
      .authenticate(signedBy(own as JWK))
      .catch((e) => e)
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(error.cause.message).toMatch(reason)
  }
})

test('no key and no signature of theirs makes a proof of possession', async () => {
  const claims = part({ jti: 'one', htm: 'GET', htu: 'https://relay.example/', iat: now() })
  let refused = 0
  for (const { group, jws, tcId, comment } of vectors) {
    const [jwk] = publicKeys(group)
    const signature = jws.split('.').at(-1) || 'AA'
    for (const alg of ['ES256', jwk?.alg ?? 'EdDSA']) {
      const proof = `${part({ typ: 'dpop+jwt', alg, jwk })}.${claims}.${signature}`
      await expect(readProof(proof), `${group.file} ${tcId}: ${comment}`).rejects.toThrow()
      refused += 1
    }
  }
  expect(refused).toBe(2 * 476)
})

test('their key of P-256 makes one that is good, where it signs it', async () => {
  const { private: own } = groups.find(({ comment }) => comment === 'es256') as Group
  const { d: _, ...jwk } = own as JWK
  const signed = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk })}.${part({ jti: 'one', htm: 'GET', htu: 'https://relay.example/', iat: now() })}`
  const key = createPrivateKey({ key: own as Record<string, unknown>, format: 'jwk' })
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  expect(await readProof(`${signed}.${signature.toString('base64url')}`)).toMatchObject({ jti: 'one' })
})
