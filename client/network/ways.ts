import {
  goesThroughProxies,
  type HttpProxy,
  type ProxyVariable,
  parseProxy,
  proxyFor,
  proxyVariable,
} from './proxy-for.ts'
import { authorityOf } from './target.ts'

/** How a target is reached: through a proxy, or directly. */
export type Way = HttpProxy | 'direct'

export interface Ways {
  /** To try one after the other; never none. */
  readonly ways: readonly Way[]
  /** The settings of the system, or the variable that names a proxy; null where nobody had to say. */
  readonly saidBy: 'settings' | ProxyVariable | null
}

/**
 * Says by which proxies an origin is reached, as `http://host:port` or `https://host:port`, with `direct` for none; null
 * for what the environment's variables say. Never rejects.
 */
export type ProxyResolver = (origin: string) => Promise<readonly string[] | null>

/** Of the process, as its environment's variables are. */
let resolver: ProxyResolver | null = null

/** From now on `resolve` is asked, until another one is; the returned function takes it back. */
export function askForProxies(resolve: ProxyResolver): () => void {
  resolver = resolve
  return () => {
    if (resolver === resolve) resolver = null
  }
}

/**
 * The ways to where a URL points: as the settings of the system say, where someone knows them, else as the variables do.
 *
 * @param env where proxies are named
 * @throws CONFIG_INVALID when what is named is no http:// or https:// proxy: nothing goes past it then
 */
export async function waysTo(url: URL, env: NodeJS.ProcessEnv): Promise<Ways> {
  if (!goesThroughProxies(url)) return { ways: ['direct'], saidBy: null }
  const said = resolver && (await resolver(url.origin))
  if (!said || said.length === 0)
    return { ways: [proxyFor(url, env) ?? 'direct'], saidBy: proxyVariable(env) }
  return {
    ways: said.map((way) => (way === 'direct' ? way : withPassword(parseProxy(settings, way), url, env))),
    saidBy: 'settings',
  }
}

/** The system's settings have no password; the variables may have it for the same proxy. */
function withPassword(proxy: HttpProxy, url: URL, env: NodeJS.ProcessEnv): HttpProxy {
  const named = proxyFor(url, env)
  return named && authorityOf(named) === authorityOf(proxy) && named.isSecure === proxy.isSecure
    ? named
    : proxy
}

const settings = 'The proxy in the settings of this machine'
