const plain: Readonly<Record<string, string>> = {
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection cut',
  EPIPE: 'connection cut',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no network',
  ETIMEDOUT: 'no answer in time',
  ABORT_ERR: 'no answer in time',
  TimeoutError: 'no answer in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'an authority that is not known here',
  CERT_HAS_EXPIRED: 'certificate expired',
  CERT_NOT_YET_VALID: 'certificate not valid yet; is the clock right?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate of another name',
}

const tlsCodes = /^(DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/

/** Why a connection failed, in a few plain words, and whether it was the certificate. */
export function networkReason(error: unknown): { reason: string; untrusted: boolean } {
  const code = codeOf(error)
  return { reason: plain[code] ?? (code === '' ? 'connection failed' : code), untrusted: tlsCodes.test(code) }
}

/** The code of an error, of its cause, or of the first of several attempts (happy eyeballs). */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  if (error.name === 'TimeoutError') return error.name
  if ('code' in error && typeof error.code === 'string') return error.code
  return codeOf(error.cause)
}
