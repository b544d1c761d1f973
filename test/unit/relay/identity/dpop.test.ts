import { exportJWK, generateKeyPair } from 'jose'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DpopProofs, type ProofContext } from '../../../../relay/identity/dpop.ts'
import { readProof } from '../../../../relay/identity/dpop-proof.ts'
import { proofAttacks } from '../../../support/attacks/proofs.ts'
import { type DpopKey, makeDpopKey } from '../../../support/dpop-key.ts'

const nonceSeconds = 60
const url = 'https://relay.example/api/v2/dags'
const token = 'access-token'
const context: ProofContext = { method: 'GET', url, accessToken: token, keyThumbprint: null, owner: 'ana' }

let key: DpopKey
let other: DpopKey
beforeAll(async () => {
  key = await makeDpopKey()
  other = await makeDpopKey()
})
/** Seconds since the epoch, as the relay sees it. */
let now: number
let proofs: DpopProofs
beforeEach(() => {
  now = Math.floor(Date.now() / 1000)
  proofs = new DpopProofs({ nonceSeconds }, { now: () => now * 1000 })
})

const accept = (proof: string, more: Partial<ProofContext> = {}, by = proofs) =>
  by.accept(proof, { ...context, keyThumbprint: key.thumbprint, ...more })
/** The nonce that a proof without one is told. */
async function nonceOf(by = proofs): Promise<string> {
  const error = await accept(await key.proof({ method: 'GET', url, token }), {}, by).catch((e) => e)
  expect(error).toMatchObject({ code: 'DPOP_NONCE_REQUIRED' })
  return error.params.nonce
}
const good = async (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = key) =>
  by.proof({ method: 'GET', url, token, nonce: await nonceOf() }, claims, header)
const code = (name: string) => expect.objectContaining({ code: name })

test('a good proof is accepted, and says whose key it is', async () => {
  expect(await accept(await good())).toEqual({ thumbprint: key.thumbprint, nextNonce: null })
})

test.each(['ES256', 'ES384', 'EdDSA', 'Ed25519'])('%s is accepted', async (alg) => {
  const own = await makeDpopKey(alg)
  expect(await accept(await good({}, {}, own), { keyThumbprint: own.thumbprint })).toMatchObject({
    thumbprint: own.thumbprint,
  })
})

/** RFC 9449 §4.3, number by number; through a whole relay: see test/unit/relay/attacks.test.ts. */
test.each(proofAttacks)('§4.3, %d: a proof %s is refused', async (_number, _what, make) => {
  await refuses(await make({ key, other, url, good }))
})

test.each([-61, 31])('§4.3, 11: a proof of %d s is refused', async (seconds) => {
  await refuses(await good({ iat: now + seconds }))
})

async function refuses(proof: string): Promise<void> {
  const error = await accept(proof).catch((e) => e)
  expect(error).toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(error.cause).toBeInstanceOf(Error)
  expect(error.message).toBe('The relay did not accept who you are.')
}

test.each([
  ['upper case in scheme and host', 'HTTPS://RELAY.example/api/v2/dags'],
  ['its port', 'https://relay.example:443/api/v2/dags'],
  ['dot segments', 'https://relay.example/api/v1/../v2/dags'],
  ['octets that need no escape', 'https://relay.example/%61pi/v2/d%61gs'],
])('§4.3, 9: a URL with %s is the same', async (_what, htu) => {
  expect(await accept(await good({ htu }))).toMatchObject({ thumbprint: key.thumbprint })
})

test('§4.3, 9: the query of the request does not count', async () => {
  expect(await accept(await good(), { url: `${url}?limit=1` })).toMatchObject({ thumbprint: key.thumbprint })
})

test.each([-60, 30])('§4.3, 11: a proof of %d s is the last that is accepted', async (seconds) => {
  expect(await accept(await good({ iat: now + seconds }))).toMatchObject({ thumbprint: key.thumbprint })
})

describe('the nonce', () => {
  test.each<[string, () => Promise<string | undefined>]>([
    ['none', async () => undefined],
    ['a made-up one', async () => 'x'.repeat(30)],
    ['an empty one', async () => ''],
    [
      'one that was changed',
      async () => {
        const nonce = await nonceOf()
        return `${nonce[0] === 'A' ? 'B' : 'A'}${nonce.slice(1)}`
      },
    ],
    ['one of another relay, or of before its restart', () => nonceOf(new DpopProofs({ nonceSeconds }))],
  ])('%s: another is given, with which it works', async (_what, make) => {
    const proof = await key.proof({ method: 'GET', url, token, nonce: await make() })
    const error = await accept(proof).catch((e) => e)
    expect(error).toMatchObject({ code: 'DPOP_NONCE_REQUIRED', entry: { http: 401 } })
    const { nonce } = error.params
    expect(await accept(await key.proof({ method: 'GET', url, token, nonce }))).toMatchObject({
      thumbprint: key.thumbprint,
    })
  })

  test.each([
    [0, null],
    [29, null],
    [30, expect.any(String)],
    [59, expect.any(String)],
  ])('after %d s it is good, and followed by %o', async (seconds, nextNonce) => {
    const nonce = await nonceOf()
    now += seconds
    const proof = await key.proof({ method: 'GET', url, token, nonce }, { iat: now })
    expect(await accept(proof)).toEqual({ thumbprint: key.thumbprint, nextNonce })
  })

  test.each([60, 61, -1])('after %d s it is not', async (seconds) => {
    const nonce = await nonceOf()
    now += seconds
    await expect(accept(await key.proof({ method: 'GET', url, token, nonce }, { iat: now }))).rejects.toEqual(
      code('DPOP_NONCE_REQUIRED'),
    )
  })
})

describe('used once', () => {
  test('a proof that comes again is refused, for as long as it could be used', async () => {
    const proof = await good({ iat: now + 25 })
    await accept(proof)
    for (const seconds of [0, 1, 58]) {
      now += seconds
      await expect(accept(proof)).rejects.toEqual(code('UNAUTHENTICATED'))
    }
    now += 1
    await expect(accept(proof)).rejects.toEqual(code('DPOP_NONCE_REQUIRED'))
  })

  test('of many at the same time one is accepted', async () => {
    const proof = await good()
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => accept(proof)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('what was refused has not been used', async () => {
    const proof = await good()
    await expect(accept(proof, { method: 'POST' })).rejects.toEqual(code('UNAUTHENTICATED'))
    expect(await accept(proof)).toMatchObject({ thumbprint: key.thumbprint })
  })

  test('two keys may have the same id', async () => {
    await accept(await good({ jti: 'one' }))
    const proof = await good({ jti: 'one' }, {}, other)
    expect(await accept(proof, { keyThumbprint: other.thumbprint })).toMatchObject({
      thumbprint: other.thumbprint,
    })
  })

  test('without room nothing is accepted, and nothing is forgotten before its time', async () => {
    proofs = new DpopProofs({ nonceSeconds }, { now: () => now * 1000, most: 2 })
    const first = await good()
    await accept(first)
    await accept(await good())
    await expect(accept(await good())).rejects.toEqual(code('OVERLOADED'))
    await expect(accept(first)).rejects.toEqual(code('UNAUTHENTICATED'))
    now += nonceSeconds
    expect(await accept(await good({ iat: now }))).toMatchObject({ thumbprint: key.thumbprint })
  })

  test('who asks for tokens takes no room from those who have one', async () => {
    proofs = new DpopProofs({ nonceSeconds }, { now: () => now * 1000, most: 1 })
    await accept(await good(), { accessToken: null })
    expect(await accept(await good())).toMatchObject({ thumbprint: key.thumbprint })
  })
})

test('a key of a curve that its algorithm does not have is refused', async () => {
  const { publicKey } = await generateKeyPair('ES384', { extractable: true })
  const proof = await good({}, { jwk: await exportJWK(publicKey) })
  await expect(accept(proof)).rejects.toEqual(code('UNAUTHENTICATED'))
})

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Of order 1, 2, 4 and 8: with one of them a signature of zeros is one for whatever is signed, or for an eighth of it. */
test.each([
  `01${'00'.repeat(31)}`,
  `01${'00'.repeat(30)}80`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])('a point of Ed25519 that anyone can sign for is no key: %s', async (hex) => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(hex, 'hex').toString('base64url') }
  const signature = Buffer.alloc(64)
  signature.writeUInt8(1, 0)
  for (let i = 0; i < 16; i += 1) {
    const signed = `${part({ typ: 'dpop+jwt', alg: 'EdDSA', jwk })}.${part({ jti: `${i}`, htm: 'GET', htu: url, iat: now })}`
    await expect(readProof(`${signed}.${signature.toString('base64url')}`)).rejects.toThrow(/jwk/)
  }
})
