import { applyEdits, type HeaderEdits } from '../http/header-edits.ts'
import type { Upstream } from './upstream.ts'

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

/**
 * Headers by which some gateway somewhere says who is asking, or what is asked. None of them is the client's to set.
 */
const identity =
  /^(authorization|dpop|forwarded|x-forwarded|x-(http-)?method(-override)?|x-original-.*|x-rewrite-url|x-email|x-groups|x-roles?|x-proxy-user|x-authentik-.*|x-authelia-.*|x-vouch-.*|oidc-.*|x-oidc-.*|ssl-client-.*|x-ssl-.*|x-client-cert.*|client-cert.*|x-arr-clientcert|x-forwarded-.*|x-real-ip|x-client-ip|x-cluster-client-ip|fastly-client-ip|true-client-ip|remote-user|remote-.*|x-remote-.*|x-auth|x-auth-.*|x-authenticated-.*|x-user.*|x-webauth-.*|x-goog-.*|x-serverless-authorization|x-(endpoint|apigateway)-api-userinfo|x-amzn-.*|x-ms-client-principal.*|x-ms-token-.*|cf-.*|x-pomerium-.*|x-jwt.*|x-id-token|x-access-token|x-identity.*|x-principal.*|x-consumer-.*|x-credential-.*|x-anonymous-consumer|x-saml.*|saml-.*|mellon-.*|x-shib.*|shib-.*|eppn|x-okta-.*|x-spiffe.*|tailscale-.*|x-tailscale-.*|teleport-.*|x-teleport-.*|impersonate-.*|x-proxiedentitieschain|gap-auth|x-jetway-.*|x-request-id)$/

/** Cookies by which Airflow or a balancer knows someone again: whoever has one is let in with it. */
const sessionCookie =
  /(^|;)\s*(__(host|secure)-)?(_token|awselbauthsessioncookie[^=;]*|cf_authorization|cf_appsession|gcp_iaa?p_[^=;]*)\s*(=|;|$)/i

/** Whether a header, by its lower-case name, is of this hop only or says who is asking. */
export function isReserved(name: string): boolean {
  // WSGI reads `_` as `-`: a name with `_` could pass for an identity header.
  return hopByHop.has(name) || name.includes('_') || identity.test(name)
}

/**
 * The headers that go to the upstream: hop-by-hop headers, identity headers in every spelling, and Airflow's
 * own token cookie taken out.
 *
 * @param own more names, in lower case, that are the relay's alone to set
 */
export function requestHeaders(rawHeaders: readonly string[], own: ReadonlySet<string>): string[] {
  const listed = connectionListed(rawHeaders)
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i] as string
    const name = raw.toLowerCase()
    if (isReserved(name) || own.has(name) || listed?.has(name)) continue
    let value = rawHeaders[i + 1] as string
    if (name === 'cookie') {
      value = withoutSessionCookies(value)
      if (value === '') continue
    }
    headers.push(raw, value)
  }
  return headers
}

/** They would let a browser, or the service, keep a credential that the relay does not control. */
function withoutSessionCookies(cookie: string): string {
  if (!sessionCookie.test(cookie)) return cookie
  return cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => !sessionCookie.test(pair))
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
  o: {
    upstream: Pick<Upstream, 'origins' | 'basePath'>
    ownOrigin: string
    requestId: string
    edits?: HeaderEdits | null
  },
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
    if (name === 'set-cookie') {
      if (/^\s*_token\s*=/.test(value)) continue
      value = cookieFor(o.ownOrigin, o.upstream.basePath, value)
    } else if (name === 'location' || name === 'content-location') {
      value = locationFor(o.upstream.origins, o.ownOrigin, value)
    }
    headers.push(raw, value)
  }
  if (o.edits) applyEdits(headers, o.edits.response)
  headers.push('x-request-id', o.requestId)
  return headers
}

/** A redirect of the upstream to itself stays where the person is. */
function locationFor(upstreamOrigins: ReadonlySet<string>, ownOrigin: string, value: string): string {
  // A path is right as it is, and so is what is no URL.
  if (!/^(https?:)?\/\//i.test(value)) return value
  const [upstream] = upstreamOrigins
  if (!URL.canParse(value, upstream)) return value
  const { origin, pathname, search, hash } = new URL(value, upstream)
  return upstreamOrigins.has(origin) ? ownOrigin + pathname + search + hash : value
}

/**
 * A cookie for the host that the person uses: without Domain, for no more paths than the service has, and without what
 * takes https where there is none. A name that demands https (`__Secure-`, `__Host-`) keeps it, since browsers keep no
 * such cookie without.
 *
 * @see RFC 6265 §5.2.3, RFC 6265bis §4.1.3
 */
function cookieFor(ownOrigin: string, basePath: string, cookie: string): string {
  const [pair = '', ...attributes] = cookie.split(';')
  const hasPrefix = /^\s*__(secure|host)-/i.test(pair)
  const isPlain = ownOrigin.startsWith('http:') && !hasPrefix
  const kept = attributes.flatMap((attribute) => {
    const [name = '', value = ''] = attribute.split('=', 2).map((part) => part.trim().toLowerCase())
    if (name === 'domain' || (isPlain && (name === 'secure' || name === 'partitioned'))) return []
    if (name === 'path' && value === '/' && basePath !== '' && !hasPrefix) return [` Path=${basePath}`]
    return isPlain && name === 'samesite' && value === 'none' ? [' SameSite=Lax'] : [attribute]
  })
  return [pair, ...kept].join(';')
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
