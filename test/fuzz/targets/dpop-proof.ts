import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { proofAlgorithms, readProof } from '../../../relay/identity/dpop-proof.ts'
import { ascii, type Target } from '../target.ts'

/** RFC 8037, appendix A: its signatures are the same each time, so that inputs are as well. */
const jwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}
const key = createPrivateKey({
  key: { ...jwk, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' },
  format: 'jwk',
})
const publicKey = createPublicKey(key)
const claims = { jti: 'id', htm: 'GET', htu: 'https://relay.example/', iat: 1, nonce: 'n', ath: 'a' }

/**
 * A proof of possession: header and claims of any content, the signature over them right, so that what is behind it is
 * reached. Two lines are a header and claims to be signed; one is a proof as it came.
 */
export const dpopProof: Target = {
  name: 'dpop-proof',
  seeds: [
    signed(JSON.stringify({ typ: 'dpop+jwt', alg: 'EdDSA', jwk }), JSON.stringify(claims)),
    ...[
      [{ typ: 'dpop+jwt', alg: 'EdDSA', jwk }, claims],
      [
        {
          typ: 'dpop+jwt',
          alg: 'Ed25519',
          jwk: { ...jwk, use: 'sig', kid: 'one', key_ops: ['verify'] },
          crit: [],
        },
        { jti: 'id', htm: 'POST', htu: 'https://relay.example/', iat: 1.5, exp: 9e9, nbf: 0 },
      ],
      [{ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.x } }, claims],
    ].map((parts) => parts.map((part) => JSON.stringify(part)).join('\n')),
  ].map(ascii),
  words: [
    '\n',
    '.',
    '=',
    '"d":"x",',
    '"k":"x",',
    '"none"',
    '"HS256"',
    '"oct"',
    '"RSA"',
    '"P-384"',
    '"__proto__":',
    '"crit":["b64"],"b64":false,',
    '1e999',
    '-1',
    'null',
    '{}',
    '[]',
    ',',
  ].map(ascii),
  cuts: (input) =>
    [...input.keys()].filter((at) => ',.\n'.includes(String.fromCharCode(input[at] as number))),
  async run(input) {
    const text = Buffer.from(input).toString('latin1')
    const [header, payload, ...more] = text.split('\n')
    const isSigned = payload !== undefined && more.length === 0
    const whole = isSigned ? signed(header as string, payload) : text
    const read = await readProof(whole).catch((error: unknown) => {
      assert.ok(error instanceof Error)
      assert.ok(error.message.length < 300, 'the peer fills our log')
      return null
    })
    if (read === null) return
    const [head = '', body = '', signature = ''] = whole.split('.')
    const { typ, alg, jwk: by } = JSON.parse(Buffer.from(head, 'base64url').toString())
    assert.equal(typ, 'dpop+jwt')
    assert.ok(proofAlgorithms.includes(alg))
    assert.equal(by.d, undefined)
    assert.ok(verify(null, Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64url')))
    assert.match(read.thumbprint, /^[A-Za-z0-9_-]{43}$/)
    assert.ok(read.jti !== '' && Number.isFinite(read.iat) && read.htm !== '' && read.htu !== '')
  },
}

function signed(header: string, payload: string): string {
  const input = [header, payload].map((part) => Buffer.from(part, 'latin1').toString('base64url')).join('.')
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`
}
