import { sign } from 'node:crypto'
import type { Keyring } from './keyring.ts'

/** Signs claims with the newest key (RFC 7515, RFC 8037); compact form. */
export function signJwt(keyring: Keyring, typ: 'at+jwt' | 'JWT', claims: object): string {
  const { kid, key } = keyring.current
  const signed = `${encode({ alg: 'EdDSA', typ, kid })}.${encode(claims)}`
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
