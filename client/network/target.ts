export interface Target {
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
}

/** What an http, https, ws or wss URL is reached at. */
export function targetOf(url: URL): Target {
  const isSecure = url.protocol === 'https:' || url.protocol === 'wss:'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return { host, port: Number(url.port) || (isSecure ? 443 : 80), isSecure }
}

/** `host:port` as a CONNECT request or a person reads it. */
export function authorityOf({ host, port }: Pick<Target, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
