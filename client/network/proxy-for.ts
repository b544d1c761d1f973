import { JetwayError } from '#shared/errors/jetway-error.ts'
import { isExcluded } from './no-proxy.ts'
import { targetOf } from './target.ts'

/** An HTTP proxy that opens tunnels by CONNECT. */
export interface HttpProxy {
  readonly host: string
  readonly port: number
  /** Whether the proxy itself is spoken to inside TLS. */
  readonly isSecure: boolean
  /** The header Proxy-Authorization (RFC 7617); null without a user. A secret: it goes to the proxy only. */
  readonly authorization: string | null
}

const variables = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const
export type ProxyVariable = (typeof variables)[number]
/** Not all of 127.0.0.0/8: other addresses in it may be someone's tunnel. */
const thisMachine: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1'])

/**
 * The proxy on the way to `url`; null for none. HTTPS_PROXY is asked before ALL_PROXY, upper case before lower.
 * HTTP_PROXY has no say: what is not encrypted stays on this machine, and what is on this machine needs no proxy.
 *
 * @throws CONFIG_INVALID when the variable names no http:// or https:// proxy. Its value is not in the error: it may
 *   hold a password.
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): HttpProxy | null {
  const { host, port } = targetOf(url)
  if (!goesThroughProxies(url)) return null
  const name = proxyVariable(env)
  if (name === null || isExcluded(host, port, env.NO_PROXY || env.no_proxy || '')) return null
  return parseProxy(name, env[name] as string)
}

/** Whether a proxy has a say at all: what is not encrypted stays on this machine, and what is on it needs none. */
export function goesThroughProxies(url: URL): boolean {
  const { host, isSecure } = targetOf(url)
  return isSecure && !thisMachine.has(host)
}

/** The variable that names a proxy; null for none. */
export function proxyVariable(env: NodeJS.ProcessEnv): ProxyVariable | null {
  return variables.find((variable) => env[variable]) ?? null
}

/**
 * @param name of where it stands, for the error
 * @throws CONFIG_INVALID, as `proxyFor`
 */
export function parseProxy(name: string, value: string): HttpProxy {
  const invalid = (why: string) => new JetwayError('CONFIG_INVALID', { reason: `${name} ${why}` })
  const text = value.trim()
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (!/^https?:/i.test(address))
    throw invalid('has to name an http:// or https:// proxy; no other kind is known.')
  const url = URL.canParse(address) ? new URL(address) : null
  // A path, query or fragment is mostly a password with a / ? or # in it, and then the host is not the host.
  if (url?.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw invalid('is no address of a proxy. Signs like / # ? @ in a password have to be percent-encoded.')
  }
  try {
    const [user, password] = [url.username, url.password].map(decodeURIComponent)
    const basic = Buffer.from(`${user}:${password}`).toString('base64')
    return { ...targetOf(url), authorization: url.username === '' ? null : `Basic ${basic}` }
  } catch {
    throw invalid('has a % that begins no percent-encoded sign. Write it as %25.')
  }
}
