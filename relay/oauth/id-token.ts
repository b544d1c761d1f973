import type { Principal } from '../identity/principal.ts'
import type { Keyring } from './keyring.ts'
import { signJwt } from './sign-jwt.ts'

/** Good for as long as a client needs to read it, in seconds. */
const lifetimeSeconds = 300

/** Says to a client who has signed in (OpenID Connect Core 1.0 §2). */
export function issueIdToken(
  { subject, name, email, authTime, authentication }: Principal,
  o: { keyring: Keyring; issuer: string; clientId: string; nonce: string | null },
): string {
  const now = Math.floor(Date.now() / 1000)
  return signJwt(o.keyring, 'JWT', {
    iss: o.issuer,
    aud: o.clientId,
    sub: subject,
    iat: now,
    exp: now + lifetimeSeconds,
    preferred_username: name,
    ...(o.nonce === null ? {} : { nonce: o.nonce }),
    ...(email === null ? {} : { email }),
    ...(authTime === null ? {} : { auth_time: authTime }),
    ...(authentication.sessionId === null ? {} : { sid: authentication.sessionId }),
    ...(authentication.acr === null ? {} : { acr: authentication.acr }),
  })
}
