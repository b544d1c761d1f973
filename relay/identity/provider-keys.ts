import { KeyObject } from 'node:crypto'
import {
  type CryptoKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { weaknessOf } from './key-strength.ts'

const fetchTimeoutMs = 10_000
const maxMetadataBytes = 262_144
/** Between two looks for a key that is not there. */
const keyCooldownMs = 30_000
const keyMaxAgeMs = 600_000

/** Asks for metadata and keys; never follows a redirect. */
export type FetchKeys = (url: string, init: RequestInit) => Promise<Response>

/**
 * The keys of an OpenID provider, from where its own metadata say (OpenID Connect Discovery 1.0 §4).
 *
 * @param ask where not everyone is answered, or trusted
 * @throws PROVIDER_UNREACHABLE (a retry can help)
 */
export async function discoverKeys(issuer: string, ask: FetchKeys = fetch): Promise<JWTVerifyGetKey> {
  const { json } = await fetchJson(metadataUrl(issuer), issuer, ask)
  const metadata = json as { issuer?: unknown; jwks_uri?: unknown }
  if (metadata.issuer !== issuer) {
    throw unreachable(issuer, `it calls itself ${String(metadata.issuer).slice(0, 200)}`)
  }
  if (typeof metadata.jwks_uri !== 'string') throw unreachable(issuer, 'its metadata name no keys')
  return remoteKeys(new URL(metadata.jwks_uri), issuer, ask)
}

/** Where an OpenID provider's metadata are (OpenID Connect Discovery 1.0 §4). */
export function metadataUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
}

/**
 * The keys of a JWKS that is somewhere else; fetched anew when one is named that is not among them.
 *
 * @throws PROVIDER_UNREACHABLE (a retry can help)
 */
export async function remoteKeys(url: URL, issuer: string, ask: FetchKeys = fetch): Promise<JWTVerifyGetKey> {
  if (url.protocol !== 'https:' && new URL(issuer).protocol === 'https:') {
    throw unreachable(issuer, 'its keys are not on https')
  }
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: keyCooldownMs,
    cacheMaxAge: keyMaxAgeMs,
    [customFetch]: (input, init) => ask(input, { ...init, redirect: 'error' }),
  })
  await remote.reload().catch((cause: unknown) => {
    throw unreachable(issuer, 'its keys cannot be read', cause)
  })
  return strongKeys(remote)
}

/** Keys that are at hand. @throws Error when it is no JWKS (RFC 7517 §5) */
export function localKeys(jwks: unknown): JWTVerifyGetKey {
  return strongKeys(createLocalJWKSet(jwks as JSONWebKeySet))
}

/** The same keys without those that are too weak. */
export function strongKeys(keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => requireStrongKey((await keys(header, token)) as CryptoKey)
}

/** PROVIDER_UNREACHABLE, with why. */
export function unreachable(issuer: string, reason: string, cause?: unknown): JetwayError {
  return new JetwayError('PROVIDER_UNREACHABLE', { issuer, reason }, { cause })
}

/** Each is looked at once. */
const strong = new WeakSet<CryptoKey>()

function requireStrongKey(key: CryptoKey): CryptoKey {
  if (strong.has(key)) return key
  const weakness = weaknessOf(KeyObject.from(key))
  if (weakness !== null) throw new Error(`the provider’s key is too weak: ${weakness}`)
  strong.add(key)
  return key
}

/**
 * A document of a provider's.
 *
 * @throws PROVIDER_UNREACHABLE (a retry can help)
 */
export async function fetchJson(
  url: string,
  issuer: string,
  ask: FetchKeys = fetch,
): Promise<{ readonly json: unknown; readonly headers: Headers }> {
  try {
    const { text, headers } = await fetchText(url, 'application/json', maxMetadataBytes, ask)
    return { json: JSON.parse(text), headers }
  } catch (cause) {
    throw unreachable(issuer, 'its metadata cannot be read', cause)
  }
}

/**
 * Reads a document of a provider's; it goes nowhere else than to `url`.
 *
 * @throws Error when it is not there, or is too large
 */
export async function fetchText(
  url: string,
  accept: string,
  maxChars: number,
  ask: FetchKeys = fetch,
): Promise<{ readonly text: string; readonly headers: Headers }> {
  const response = await ask(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(fetchTimeoutMs),
    headers: { accept },
  })
  if (response.status !== 200) throw new Error(`status ${response.status}`)
  const text = await response.text()
  if (text.length > maxChars) throw new Error('document too large')
  return { text, headers: response.headers }
}
