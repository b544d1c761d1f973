import type { JetwayError } from '#shared/errors/jetway-error.ts'
import { proofAlgorithms } from '../identity/dpop-proof.ts'

const dpop = `DPoP algs="${proofAlgorithms.join(' ')}"`

/** What a 401 asks for (RFC 9110 §11.6.1, RFC 9449 §7.1, §9); empty for everything else. */
export function challengeOf({ code, entry, params }: JetwayError): Record<string, string> {
  if (code === 'DPOP_NONCE_REQUIRED') {
    return {
      'www-authenticate': `${dpop}, error="use_dpop_nonce", error_description="The proof needs the nonce."`,
      'dpop-nonce': String(params.nonce),
    }
  }
  return entry.http === 401 ? { 'www-authenticate': `Bearer, ${dpop}` } : {}
}
