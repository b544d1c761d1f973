import { createHash, type webcrypto } from 'node:crypto'
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import type { RelayConfig } from '#shared/config/relay-config.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { principalOf } from './claims.ts'
import type { Principal } from './principal.ts'

export interface OidcAuthenticator {
  readonly issuer: string
  /** The provider's keys, once they are asked for. */
  readonly keys: Promise<JWTVerifyGetKey> | null
  /** Whether the provider's keys have been seen. */
  readonly isReady: boolean
  /**
   * Verifies an access token (RFC 9068, RFC 8725) and says who it stands for.
   *
   * @throws UNAUTHENTICATED, TOKEN_EXPIRED; the true reason is the error's cause, for the log only
   * @throws PROVIDER_UNREACHABLE when the provider's keys cannot be had (a retry can help)
   */
  authenticate(accessToken: string): Promise<Principal>
  /** Fetches the provider's metadata and keys, where that has not been done. @throws PROVIDER_UNREACHABLE */
  ready(): Promise<void>
  /** Goes on with the keys that another one has. @returns false when that has none, or is of another provider */
  takeKeys(from: OidcAuthenticator): boolean
}

type OidcConfig = RelayConfig['identity']['oidc']

const maxTokenBytes = 16_384
const compactForm = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}$/
const fetchTimeoutMs = 10_000
const maxMetadataBytes = 262_144
/** Between two looks for a key that is not there. */
const keyCooldownMs = 30_000
const keyMaxAgeMs = 600_000
const maxCachedTokens = 10_000

/** An authenticator for the access tokens of one OpenID provider. */
export function createOidcAuthenticator(config: OidcConfig): OidcAuthenticator {
  let keys: Promise<JWTVerifyGetKey> | null = null
  let isReady = false
  /** By digest of the token: what was verified stays verified until it expires. */
  const verified = new Map<string, Principal>()

  const loadKeys = (): Promise<JWTVerifyGetKey> => {
    keys ??= discoverKeys(config).then(
      (set) => {
        isReady = true
        return set
      },
      (error) => {
        keys = null
        throw error
      },
    )
    return keys
  }

  const verify = async (accessToken: string): Promise<Principal> => {
    const set = await loadKeys()
    try {
      const { payload, protectedHeader } = await jwtVerify(accessToken, set, {
        issuer: config.issuer,
        audience: config.audience,
        algorithms: config.algorithms,
        clockTolerance: config.clockToleranceSeconds,
        requiredClaims: ['exp', 'iat', 'sub'],
      })
      requireType(protectedHeader.typ, config.tokenTypes)
      requireAccessToken(payload)
      return principalOf(payload, config.groupsClaim)
    } catch (cause) {
      throw refusalOf(cause, config.issuer)
    }
  }

  return {
    issuer: config.issuer,
    get keys() {
      return keys
    },
    get isReady() {
      return isReady
    },
    takeKeys(from) {
      if (from.issuer !== config.issuer || !from.isReady) return false
      keys = from.keys
      isReady = true
      return true
    },
    async ready() {
      await loadKeys()
    },
    async authenticate(accessToken) {
      if (accessToken.length > maxTokenBytes || !compactForm.test(accessToken)) {
        throw refused(new Error('not a JWT in compact form'))
      }
      const digest = createHash('sha256').update(accessToken).digest('base64')
      const known = verified.get(digest)
      if (known && known.expires > Date.now() / 1000) return known
      const principal = await verify(accessToken)
      if (verified.size >= maxCachedTokens) verified.delete(verified.keys().next().value as string)
      verified.set(digest, principal)
      return principal
    },
  }
}

/** RFC 9068 §4: the type says that it is an access token. `application/` may be left out. */
function requireType(typ: unknown, accepted: readonly string[]): void {
  const short = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : null
  if (!accepted.some((type) => type.toLowerCase() === short))
    throw new Error(`typ ${String(typ)} is not accepted`)
}

/** Where the type is the plain JWT, an ID token must still not pass: only those carry these claims. */
function requireAccessToken(payload: JWTPayload): void {
  for (const claim of ['nonce', 'at_hash', 'c_hash']) {
    if (payload[claim] !== undefined) throw new Error('an ID token is not an access token')
  }
}

/** OpenID Connect Discovery 1.0 §4. The keys come from where the provider's own metadata say. */
async function discoverKeys(config: OidcConfig): Promise<JWTVerifyGetKey> {
  const url = `${config.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const metadata = (await fetchJson(url, config.issuer)) as { issuer?: unknown; jwks_uri?: unknown }
  if (metadata.issuer !== config.issuer) {
    throw unreachable(config.issuer, `it calls itself ${String(metadata.issuer).slice(0, 200)}`)
  }
  if (typeof metadata.jwks_uri !== 'string') throw unreachable(config.issuer, 'its metadata name no keys')
  const jwksUrl = new URL(metadata.jwks_uri)
  if (jwksUrl.protocol !== 'https:' && new URL(config.issuer).protocol === 'https:') {
    throw unreachable(config.issuer, 'its keys are not on https')
  }
  const remote = createRemoteJWKSet(jwksUrl, {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: keyCooldownMs,
    cacheMaxAge: keyMaxAgeMs,
    [customFetch]: (input, init) => fetch(input, { ...init, redirect: 'error' }),
  })
  await remote.reload().catch((cause: unknown) => {
    throw unreachable(config.issuer, 'its keys cannot be read', cause)
  })
  return async (header, token) => requireStrongKey(await remote(header, token))
}

/** A weak key signs for anyone: RSA below 2048 bits or with a tiny exponent is no signature (RFC 8725 §3.5). */
function requireStrongKey(key: Awaited<ReturnType<JWTVerifyGetKey>>): typeof key {
  const algorithm = (key as webcrypto.CryptoKey).algorithm as {
    name?: string
    modulusLength?: number
    publicExponent?: Uint8Array
  }
  if (!algorithm?.name?.startsWith('RSA')) return key
  const exponent = (algorithm.publicExponent ?? new Uint8Array()).reduce(
    (value, byte) => value * 256 + byte,
    0,
  )
  if ((algorithm.modulusLength ?? 0) < 2048 || exponent < 65_537)
    throw new Error('the provider’s key is too weak')
  return key
}

async function fetchJson(url: string, issuer: string): Promise<unknown> {
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(fetchTimeoutMs),
      headers: { accept: 'application/json' },
    })
    if (response.status !== 200) throw new Error(`status ${response.status}`)
    const text = await response.text()
    if (text.length > maxMetadataBytes) throw new Error('document too large')
    return JSON.parse(text)
  } catch (cause) {
    throw unreachable(issuer, 'its metadata cannot be read', cause)
  }
}

function refusalOf(cause: unknown, issuer: string): JetwayError {
  if (cause instanceof JetwayError) return cause
  if (cause instanceof errors.JWTExpired) return new JetwayError('TOKEN_EXPIRED', {}, { cause })
  if (
    cause instanceof errors.JWKSTimeout ||
    (cause instanceof TypeError && cause.message === 'fetch failed')
  ) {
    return unreachable(issuer, 'its keys cannot be read', cause)
  }
  return refused(cause)
}

function refused(cause: unknown): JetwayError {
  return new JetwayError('UNAUTHENTICATED', {}, { cause })
}

function unreachable(issuer: string, reason: string, cause?: unknown): JetwayError {
  return new JetwayError('PROVIDER_UNREACHABLE', { issuer, reason }, { cause })
}
