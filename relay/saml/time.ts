/** How old a message or an assertion may be when it comes, in seconds. */
const maxAgeSeconds = 300

/** xs:dateTime in UTC, as SAML Core §1.3.3 has it, in seconds since the epoch. @throws Error */
export function secondsOf(text: string | null): number {
  const isTime = text !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text)
  const ms = isTime ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw new Error('a time cannot be read')
  return ms / 1000
}

/** Of when something was issued. @throws Error when that is too long ago, or in the future */
export function requireFresh(issueInstant: string | null, now: number, tolerance: number): void {
  const at = secondsOf(issueInstant)
  if (at > now + tolerance || at < now - maxAgeSeconds - tolerance)
    throw new Error(`it was issued ${Math.round(now - at)} s ago`)
}

/** Holds NotBefore and NotOnOrAfter, where they are given, against the clock. @throws Error */
export function requireNow(
  { notBefore, notOnOrAfter }: { notBefore: string | null; notOnOrAfter: string | null },
  now: number,
  tolerance: number,
): void {
  if (notBefore !== null && secondsOf(notBefore) > now + tolerance)
    throw new Error(`it is not valid yet, for ${Math.round(secondsOf(notBefore) - now)} s`)
  if (notOnOrAfter !== null && secondsOf(notOnOrAfter) <= now - tolerance)
    throw new Error(`it expired ${Math.round(now - secondsOf(notOnOrAfter))} s ago`)
}
