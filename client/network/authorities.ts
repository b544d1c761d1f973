import { readFileSync } from 'node:fs'
import tls, { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'

/** Where Linux distributions keep the authorities they trust, as one PEM file. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
]

const contexts = new Map<string | null, SecureContext>()

/**
 * What a connection is verified with: the authorities of this machine, and those of `ca` besides them. Made once
 * for each `ca`, as it takes some 40 ms; a change of the system's store is seen by the next process.
 *
 * @param ca PEM of further authorities; null for none
 */
export function secureContextFor(ca: string | null): SecureContext {
  let context = contexts.get(ca)
  if (!context) {
    context = createSecureContext({ ca: [...authorities(), ...(ca === null ? [] : [ca])] })
    contexts.set(ca, context)
  }
  return context
}

/**
 * The authorities that come with Node, those of the system's store, and those of NODE_EXTRA_CA_CERTS, as PEM.
 *
 * Before Node 22.15 (Electron 33 has 20.18) Node cannot read the system's store. There it is the first bundle file
 * that is found, SSL_CERT_FILE before all others: that is Linux. macOS and Windows keep theirs in no file, so there
 * only Node's own are trusted, and what the two variables name.
 */
export function authorities(
  env: NodeJS.ProcessEnv = process.env,
  get: typeof tls.getCACertificates | null = tls.getCACertificates ?? null,
): string[] {
  if (get) return [...new Set([...get('bundled'), ...get('system'), ...get('extra')])]
  const system = env.SSL_CERT_FILE ? [env.SSL_CERT_FILE] : systemBundles
  return [...rootCertificates, ...firstOf(system), ...firstOf([env.NODE_EXTRA_CA_CERTS])]
}

function firstOf(paths: ReadonlyArray<string | undefined>): string[] {
  for (const path of paths) {
    if (!path) continue
    try {
      return [readFileSync(path, 'utf8')]
    } catch {
      // Not here: the next one. Without any, fewer are trusted.
    }
  }
  return []
}
