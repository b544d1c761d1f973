import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { DpopKey, type PrivateJwk } from '#client/auth/dpop-key.ts'
import { readProof } from '../../../../relay/identity/dpop-proof.ts'

let kept: PrivateJwk
let key: DpopKey
beforeAll(async () => {
  kept = await DpopKey.generate()
  key = (await DpopKey.from(kept)) as DpopKey
})
const request = { method: 'GET', url: 'https://relay.example/tunnel', accessToken: 'token' }

test('a key that was kept is the same key, and shows nothing of itself', async () => {
  const again = await DpopKey.from(JSON.parse(JSON.stringify(kept)))
  expect(again?.thumbprint).toBe(key.thumbprint)
  const { d, ...publicJwk } = kept
  expect(key.thumbprint).toBe(await calculateJwkThumbprint(publicJwk))
  const proof = await key.proof(request)
  expect(decodeProtectedHeader(proof)).toEqual({ alg: 'ES256', typ: 'dpop+jwt', jwk: publicJwk })
  expect(proof + JSON.stringify(key)).not.toContain(d)
})

test('each proof is another one, and the relay can read it', async () => {
  const [one, two] = await Promise.all([1, 2].map(async () => readProof(await key.proof(request))))
  expect(one).toMatchObject({ htm: 'GET', htu: request.url, thumbprint: key.thumbprint })
  expect(one?.jti).not.toBe(two?.jti)
})

test('a nonce goes into the proofs that follow, and the relay’s clock counts', async () => {
  expect(decodeJwt(await key.proof(request))).not.toHaveProperty('nonce')
  key.learn('one', new Date(Date.now() + 300_000).toUTCString())
  const { nonce, iat } = decodeJwt(await key.proof(request))
  expect(nonce).toBe('one')
  expect(Math.abs((iat as number) - Date.now() / 1000 - 300)).toBeLessThan(5)
  key.learn('two', undefined)
  expect(decodeJwt(await key.proof(request)).nonce).toBe('two')
})

test.each([[null], [{}], ['x'], [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'c' }]])(
  '%o is no key',
  async (value) => {
    expect(await DpopKey.from(value)).toBeNull()
  },
)
