import { timingSafeEqual } from 'node:crypto'
import type { AccessKeysConfig } from '#shared/config/identity/access-keys.ts'
import type { Principal } from '../identity/principal.ts'
import { isWithin } from '../policy/networks.ts'
import type { AccessKey } from '../state/access-key.ts'
import type { State } from '../state/state.ts'
import { hashOfAccessKey, idOfAccessKey } from './access-key.ts'
import { clientSecretOf } from './client-secret.ts'
import { FailedAttempts } from './failed-attempts.ts'
import type { Grant } from './grant.ts'
import { OAuthError } from './oauth-error.ts'
import type { TokenSource } from './token-sources.ts'

const path = 'identity.accessKeys'
const nothing = Buffer.alloc(32)
const daySeconds = 86_400

/** Access keys, exchanged as a client's credentials are (RFC 6749 §4.4): the id is the client, the key its secret. */
export function accessKeySource(
  config: AccessKeysConfig,
  publicUrl: string,
  accessKeys: State['accessKeys'],
): TokenSource {
  const issuer = issuerOfAccessKeys(publicUrl)
  return {
    path,
    speaksFor: issuer,
    grants: [accessKeyGrant(config, issuer, accessKeys)],
    groupsOf: ({ groups }) => allowedOf(groups, config),
  }
}

/** The subject of whoever brings the key. */
export function subjectOfAccessKey(id: string): string {
  return `access-key:${id}`
}

function issuerOfAccessKeys(publicUrl: string): string {
  return `${publicUrl.replace(/\/$/, '')}/access-keys`
}

function accessKeyGrant(config: AccessKeysConfig, issuer: string, accessKeys: State['accessKeys']): Grant {
  const failed = new FailedAttempts()
  return {
    type: 'client_credentials',
    authMethods: ['client_secret_basic', 'client_secret_post'],
    async redeem(parameters, { address, request }) {
      failed.check(address)
      try {
        const { clientId, secret } = clientSecretOf(parameters, request)
        const now = Math.floor(Date.now() / 1000)
        const key = await holds(accessKeys, clientId, secret)
        const principal = principalOf(key, { config, issuer, address, now })
        await accessKeys.used(key.id, address, now)
        return { principal, clientId: key.id }
      } catch (error) {
        if (error instanceof OAuthError) failed.add(address)
        throw error
      }
    },
  }
}

/** As long for a key that is not there as for one whose secret is wrong. @throws OAuthError */
async function holds(accessKeys: State['accessKeys'], clientId: string, secret: string): Promise<AccessKey> {
  const id = idOfAccessKey(secret)
  if (id === null || id !== clientId) throw refused('it is no access key, or that of another id')
  const found = await accessKeys.find(id)
  const isSame = timingSafeEqual(hashOfAccessKey(secret), found?.hash ?? nothing)
  if (!found || !isSame) throw refused('there is no such access key')
  return found.key
}

/** @throws OAuthError */
function principalOf(
  key: AccessKey,
  o: { config: AccessKeysConfig; issuer: string; address: string; now: number },
): Principal {
  const expires = Math.min(key.expires, key.at + o.config.maxDays * daySeconds)
  if (key.revokedAt !== null) throw refused('it was revoked')
  if (expires <= o.now) throw refused('it has expired')
  if (key.networks.length > 0 && !isWithin(key.networks, o.address))
    throw refused('it may not be used from there')
  const groups = allowedOf(key.groups, o.config)
  return Object.freeze({
    kind: 'machine',
    issuer: o.issuer,
    subject: subjectOfAccessKey(key.id),
    name: `access-key:${key.name}`,
    email: null,
    groups: Object.freeze(groups),
    authTime: null,
    expires,
    authentication: Object.freeze({ by: path, tokenId: null, sessionId: null, acr: null }),
  } as const)
}

/** @throws OAuthError when there are none */
function allowedOf(own: readonly string[], { groups }: AccessKeysConfig): readonly string[] {
  const allowed = own.filter((group) => groups.includes(group))
  if (allowed.length === 0) throw refused('its groups are not for keys any more')
  return allowed
}

function refused(reason: string): OAuthError {
  return new OAuthError('invalid_client', 'The relay did not accept this.', new Error(reason))
}
