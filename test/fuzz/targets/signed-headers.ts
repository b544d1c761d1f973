import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { signedHeadersConfig } from '#shared/config/identity/signed-headers.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { createSignedHeader, signedHeaderOf } from '../../../relay/identity/signed-headers/signed-header.ts'
import { ascii, type Target } from '../target.ts'

/** The same at every run: what is kept of inputs is signed with it. */
const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 9)])
const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
const jwks = [{ ...createPublicKey(key).export({ format: 'jwk' }), kid: 'one', alg: 'EdDSA' }]
const signer = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/a/1'

const parsed = signedHeadersConfig.parse(
  Object.fromEntries(
    Object.entries({
      proxy: {
        from: 'jwt',
        header: 'x-proxy',
        issuer: 'p',
        audience: 'a',
        algorithms: ['EdDSA'],
        jwksFile: 'x',
      },
      alb: { from: 'aws-alb', signer, clientId: 'c', issuer: 'https://id.example' },
    }).map(([name, one]) => [name, { ...one, listen: { port: 1 }, publicUrl: 'https://x.example' }]),
  ),
)
const headers = Object.entries(parsed).map(([name, config]) => createSignedHeader(name, config, jwks))

function token(header: object, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`
}

const exp = 4_000_000_000
const good = token(
  { alg: 'EdDSA', kid: 'one', typ: 'JWT' },
  { iss: 'p', aud: 'a', sub: 'ana', groups: ['g'], iat: 1, exp },
)
// Its key id is none, so that no key is looked for.
const ofAlb = token(
  { alg: 'ES256', kid: 'one', typ: 'JWT', signer, client: 'c', iss: 'https://id.example', exp },
  { sub: 'ana', groups: ['g'] },
)

/** Headers as a balancer sends them, a line each. Nobody is let in but by what the key has signed. */
export const signedHeaders: Target = {
  name: 'signed-headers',
  seeds: [`Host: x\nX-Proxy: ${good}\n`, `x-amzn-oidc-data: ${ofAlb}\nx-proxy: ${good}\nX_Proxy: a`].map(
    ascii,
  ),
  words: [
    'x-proxy: ',
    'x_proxy: ',
    'x-amzn-oidc-data: ',
    '\n',
    '.',
    '=',
    '==',
    '_',
    ',',
    'eyJhbGciOiJub25lIn0',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => [0x0a, 0x2e, 0x3a].includes(input[at] as number)),
  async run(input) {
    const rawHeaders = Buffer.from(input)
      .toString('latin1')
      .split('\n')
      .flatMap((line) => {
        const at = line.indexOf(': ')
        return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 2)]
      })
    for (const { name, authenticator } of headers) {
      let value: string
      try {
        value = signedHeaderOf(rawHeaders, name)
      } catch (error) {
        assert.match((error as Error).message, /^(there is|x-)/)
        continue
      }
      try {
        const { principal } = await authenticator.authenticate(value)
        assert.equal(value, good)
        assert.deepEqual([principal.subject, principal.groups], ['ana', ['g']])
      } catch (error) {
        assert.ok(error instanceof JetwayError, error as Error)
        assert.ok(['UNAUTHENTICATED', 'TOKEN_EXPIRED'].includes(error.code), error)
      }
    }
  },
}
