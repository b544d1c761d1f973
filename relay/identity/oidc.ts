import { isDeepStrictEqual } from 'node:util'
import type { JWTHeaderParameters, JWTPayload } from 'jose'
import type { OidcConfig } from '#shared/config/identity/oidc.ts'
import { type Preset, presets } from '#shared/config/identity/presets.ts'
import type { Authenticator } from './authenticator.ts'
import { principalOf } from './claims.ts'
import { wholeGroups } from './groups.ts'
import { createJwtAuthenticator, typeOf } from './jwt-authenticator.ts'
import { machineClientOf } from './machine-client.ts'
import type { Principal } from './principal.ts'
import { discoverKeys } from './provider-keys.ts'

const path = 'identity.oidc'

/** For the access tokens (RFC 9068) of the OpenID provider where people sign in. */
export function createOidcAuthenticator(config: OidcConfig): Authenticator {
  const { issuer, audience, algorithms, clockToleranceSeconds, tokenTypes } = config
  const preset = config.provider && presets[config.provider]
  return createJwtAuthenticator({
    path,
    issuer,
    audience,
    algorithms,
    clockToleranceSeconds,
    tokenTypes,
    keys: () => discoverKeys(issuer),
    principalOf(payload, header) {
      requireAccessToken(payload, header, preset)
      const principal = principalOf(payload, config.groupsClaim, path, config.subjectClaim)
      const whole = wholeGroups(principal, preset?.groupsCutAt ?? null)
      const client = machineClientOf(payload)
      return client === null ? whole : machineOf(whole, client, config.clients)
    },
    stillKnows(principal) {
      const client = configured.get(principal)
      const isSame = client === undefined || isDeepStrictEqual(config.clients[client], principal.groups)
      return principal.authentication.by === path && isSame
    },
  })
}

/** Machines whose groups stand in the configuration, with the name of their client there. */
const configured = new WeakMap<Principal, string>()

/** A machine is called what its client is, and nothing that people are called. */
function machineOf(principal: Principal, client: string, clients: OidcConfig['clients']): Principal {
  const machine = { ...principal, name: client, email: null }
  const groups = Object.hasOwn(clients, client) ? (clients[client] ?? []) : []
  const { groupsMissing, ...known } = machine
  if (groupsMissing !== 'absent' || groups.length === 0) return Object.freeze(machine)
  const grouped = Object.freeze({ ...known, groups: Object.freeze([...groups]) })
  configured.set(grouped, client)
  return grouped
}

/** Where the type does not say it, ID tokens and security events must still not pass: only those carry these claims. */
function requireAccessToken(payload: JWTPayload, { typ }: JWTHeaderParameters, preset: Preset | null): void {
  for (const claim of ['nonce', 'at_hash', 'c_hash', 'events']) {
    if (payload[claim] !== undefined) throw new Error('an ID token, or an event, is not an access token')
  }
  const signs = preset?.accessTokenSigns ?? []
  if (typeOf(typ) === 'at+jwt' || signs.length === 0) return
  const isSigned = signs.some(({ claim, values }) =>
    values === null ? payload[claim] !== undefined : values.includes(payload[claim] as string),
  )
  if (!isSigned) throw new Error(`no access token: it has no ${signs.map(({ claim }) => claim).join(' or ')}`)
}
