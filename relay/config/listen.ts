import { type KeyObject, X509Certificate } from 'node:crypto'
import { isLoopback } from '#shared/loopback.ts'
import type { Reader } from './signing-keys.ts'

/** Where to listen, with its certificate read. */
export interface LoadedListen {
  readonly host: string
  readonly port: number
  /** PEM; null for plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null
}

interface Listen {
  readonly host: string
  readonly port: number
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  readonly plain?: true | 'network' | undefined
}

/** Reads the certificate; what is wrong is said to the reader. */
export function loadListen(
  listen: Listen,
  where: readonly (string | number)[],
  reader: Reader,
): LoadedListen {
  return { host: listen.host, port: listen.port, tls: tlsOf(listen, where, reader) }
}

function tlsOf(
  listen: Listen,
  where: readonly (string | number)[],
  { at, read, readKey }: Reader,
): LoadedListen['tls'] {
  if (!listen.tls) {
    if (!listen.plain) at(where, 'tls is missing; without it nobody could trust this relay')
    else if (listen.plain === true && !isLoopback(listen.host))
      at([...where, 'plain'], 'is for a loopback host only')
    return null
  }
  if (listen.plain) at([...where, 'plain'], 'contradicts tls')
  const cert = read([...where, 'tls', 'cert'], listen.tls.cert)
  const key: KeyObject | null = readKey([...where, 'tls', 'key'], listen.tls.key)
  if (cert === null || key === null) return null
  try {
    const certificate = new X509Certificate(cert)
    if (!certificate.checkPrivateKey(key)) at([...where, 'tls', 'key'], 'is not the key of the certificate')
    if (certificate.validToDate < new Date()) at([...where, 'tls', 'cert'], 'has expired')
  } catch {
    at([...where, 'tls', 'cert'], `${listen.tls.cert} holds no certificate in PEM form`)
  }
  return { cert, key: key.export({ type: 'pkcs8', format: 'pem' }) as string }
}
