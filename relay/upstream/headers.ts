/** RFC 9110 §7.6.1, and what only concerns this hop. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'http2-settings',
])

/** Headers by which some gateway somewhere says who is asking. None of them is the client's to set. */
const identity =
  /^(authorization|forwarded|x-forwarded-.*|x-real-ip|x-client-ip|true-client-ip|remote-user|remote-.*|x-remote-.*|x-auth-.*|x-authenticated-.*|x-user.*|x-webauth-.*|x-goog-.*|x-amzn-.*|x-ms-client-principal.*|cf-.*|x-pomerium-.*|x-jetway-.*|x-request-id)$/

/**
 * The headers that go to the upstream: hop-by-hop headers, identity headers in every spelling, and Airflow's
 * own token cookie taken out.
 */
export function requestHeaders(rawHeaders: readonly string[]): string[] {
  const listed = connectionListed(rawHeaders)
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i] as string
    const name = raw.toLowerCase()
    // WSGI reads `_` as `-`: a name with `_` could pass for an identity header.
    if (hopByHop.has(name) || listed?.has(name) || name.includes('_') || identity.test(name)) continue
    let value = rawHeaders[i + 1] as string
    if (name === 'cookie') {
      value = withoutTokenCookie(value)
      if (value === '') continue
    }
    headers.push(raw, value)
  }
  return headers
}

/** Airflow's `_token` cookie would let a browser keep a credential that the relay does not control. */
function withoutTokenCookie(cookie: string): string {
  if (!cookie.includes('_token')) return cookie
  return cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.split('=', 1)[0]?.trim() !== '_token')
    .join('; ')
}

/**
 * The headers that come back from the upstream: without hop-by-hop headers and the token cookie, and with redirects
 * to the upstream's own address turned to the address that the person uses.
 *
 * @param rawHeaders name, value, name, value …
 */
export function responseHeaders(
  status: number,
  rawHeaders: readonly string[],
  o: { upstreamOrigin: string; ownOrigin: string; requestId: string },
): string[] {
  const listed = connectionListed(rawHeaders)
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i] as string
    const name = raw.toLowerCase()
    if (hopByHop.has(name) || listed?.has(name) || name === 'x-request-id') continue
    // RFC 9110 §8.6
    if (name === 'content-length' && (status === 204 || status === 101)) continue
    let value = rawHeaders[i + 1] as string
    if (name === 'set-cookie' && /^\s*_token\s*=/.test(value)) continue
    if (name === 'location' && (value === o.upstreamOrigin || value.startsWith(`${o.upstreamOrigin}/`))) {
      value = o.ownOrigin + value.slice(o.upstreamOrigin.length)
    }
    headers.push(raw, value)
  }
  headers.push('x-request-id', o.requestId)
  return headers
}

/** Names that a Connection header makes hop-by-hop; null where there are none. */
function connectionListed(rawHeaders: readonly string[]): ReadonlySet<string> | null {
  let listed: Set<string> | null = null
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() !== 'connection') continue
    for (const token of (rawHeaders[i + 1] as string).toLowerCase().split(',')) {
      const name = token.trim()
      if (name === '' || name === 'close' || name === 'keep-alive' || name === 'upgrade') continue
      listed ??= new Set()
      listed.add(name)
    }
  }
  return listed
}
