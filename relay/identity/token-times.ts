import { errors, type JWTPayload } from 'jose'

/** A token whose time is over. */
export class ExpiredToken extends Error {}

/**
 * A token that is from the future (RFC 7519 §4.1.6), or of a sign-in that is, which would stay fresh for as long as it is
 * ahead: somebody's clock is wrong.
 *
 * @throws Error that says by how much
 */
export function requireIssued({ iat, auth_time: signedIn }: JWTPayload, toleranceSeconds: number): void {
  const times = { 'was issued': iat, 'is of a sign-in': signedIn }
  for (const [what, time] of Object.entries(times)) {
    const ahead = typeof time === 'number' ? time - now() : 0
    if (ahead > toleranceSeconds) throw new Error(fromTheFuture(what, ahead))
  }
}

/** Of a refusal for its time the same with how far the clocks are apart, for the log; null for any other. */
export function clockFault(cause: unknown): Error | null {
  if (cause instanceof errors.JWTExpired) return new ExpiredToken(lateWords(cause.payload), { cause })
  if (!(cause instanceof errors.JWTClaimValidationFailed) || cause.claim !== 'nbf') return null
  const { nbf } = cause.payload
  return typeof nbf === 'number' ? new Error(fromTheFuture('is valid', nbf - now()), { cause }) : null
}

function fromTheFuture(what: string, seconds: number): string {
  return `the token ${what} ${seconds} s from now: this machine’s clock is at least so far behind its issuer’s`
}

/** A client renews before the end: late by more than a token's whole life, it is rather a clock than a forgotten token. */
function lateWords({ iat, exp }: JWTPayload): string {
  const late = now() - (exp as number)
  const life = typeof iat === 'number' ? (exp as number) - iat : null
  const words = `the token ran out ${late} s ago`
  if (life === null || life <= 0) return words
  return late > life
    ? `${words} and was good for ${life} s: if it was new, this machine’s clock is ${late} to ${late + life} s ahead of its issuer’s`
    : `${words} and was good for ${life} s`
}

const now = () => Math.floor(Date.now() / 1000)
