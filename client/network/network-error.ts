import { JetwayError } from '#shared/errors/jetway-error.ts'

/** A connection that failed for a reason that no code of Node stands for: `message`, in a few plain words. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
}

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
  CERT_SIGNATURE_FAILURE: 'an authority that is not known here',
  CERT_HAS_EXPIRED: 'certificate expired',
  CERT_NOT_YET_VALID: 'certificate not valid yet; is the clock right?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate of another name',
}

const tlsCodes = /^(DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/

/** Why a connection failed, in a few plain words, and whether it was the certificate. */
export function networkReason(error: unknown): { reason: string; untrusted: boolean } {
  const known = causeOf(error, NetworkError)
  if (known) return { reason: known.message, untrusted: false }
  const code = codeOf(error)
  return { reason: plain[code] ?? (code === '' ? 'connection failed' : code), untrusted: tlsCodes.test(code) }
}

/** For what goes wrong on the way to a relay: the proxy's error where it was the proxy. */
export function relayError(relay: string, cause: unknown): JetwayError {
  const { reason, untrusted } = networkReason(cause)
  return (
    causeOf(cause, JetwayError) ??
    new JetwayError(untrusted ? 'RELAY_UNTRUSTED' : 'RELAY_UNREACHABLE', { relay, reason }, { cause })
  )
}

/** The error itself or the first of its causes that is of a kind; null where none is. */
export function causeOf<T extends Error>(error: unknown, kind: new (...args: never[]) => T): T | null {
  if (error instanceof kind) return error
  return error instanceof Error ? causeOf(error.cause, kind) : null
}

/** The code of an error, of its cause, or of the first of several attempts (happy eyeballs). */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  if (error.name === 'TimeoutError') return error.name
  if ('code' in error && typeof error.code === 'string') return error.code
  return codeOf(error.cause)
}
