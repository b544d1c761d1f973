import { type KeyObject, randomUUID, sign } from 'node:crypto'
import type { AirflowRole } from '#shared/config/policy-config.ts'
import type { Principal } from '../identity/principal.ts'

/** Makes people known to Airflow 3. */
export interface AirflowIdentity {
  /** A bearer token of Airflow for this person, with this role and for a short time. */
  token(principal: Principal, role: AirflowRole): string
}

const maxCachedTokens = 10_000

/**
 * Mints user tokens as Airflow's own auth manager would (EdDSA, RFC 8037), which Airflow checks by
 * `[api_auth] trusted_jwks_url`. So its roles, its event log and `triggering_user_name` show the person.
 *
 * A token is used for half of its life, and none outlives the principal.
 *
 * @param lifetimeSeconds 10 to 300
 * @see airflow/api_fastapi/auth/tokens.py, airflow/api_fastapi/auth/managers/simple/simple_auth_manager.py
 */
export function createAirflowIdentity(o: {
  key: KeyObject
  keyId: string
  audience: string
  lifetimeSeconds: number
}): AirflowIdentity {
  const header = encode({ alg: 'EdDSA', typ: 'JWT', kid: o.keyId })
  const cache = new Map<string, { token: string; until: number }>()
  return {
    token(principal, role) {
      const now = Math.floor(Date.now() / 1000)
      const cacheKey = `${role} ${principal.issuer} ${principal.subject} ${principal.name}`
      const cached = cache.get(cacheKey)
      if (cached && cached.until > now && cached.until <= principal.expires) return cached.token
      const expires = Math.min(now + o.lifetimeSeconds, principal.expires)
      const claims = encode({
        sub: principal.name,
        role,
        aud: o.audience,
        iat: now,
        nbf: now,
        exp: expires,
        jti: randomUUID(),
      })
      const signed = `${header}.${claims}`
      const token = `${signed}.${sign(null, Buffer.from(signed), o.key).toString('base64url')}`
      // Oldest out: a Map keeps the order of insertion
      if (cache.size >= maxCachedTokens) cache.delete(cache.keys().next().value as string)
      cache.set(cacheKey, { token, until: now + Math.floor((expires - now) / 2) })
      return token
    },
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
