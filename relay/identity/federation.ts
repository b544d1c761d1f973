import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import { Agent, fetch as undiciFetch } from 'undici'
import { type FederatedIssuer, type FederationRule, issuerOf } from '#shared/config/identity/federation.ts'
import type { Authenticator } from './authenticator.ts'
import { matchesClaim } from './claim-pattern.ts'
import { principalOf } from './claims.ts'
import { federationProviders } from './federation-providers.ts'
import { createJwtAuthenticator } from './jwt-authenticator.ts'
import type { Principal } from './principal.ts'
import { isPrintable } from './printable.ts'
import { discoverKeys, type FetchKeys, localKeys, remoteKeys } from './provider-keys.ts'

/** Such tokens are made for one job, or are renewed. What is good for longer was not, whatever its signature says. */
const maxLifetimeSeconds = 86_400

/**
 * For machines that bring a token of their own platform: it is the bearer token, as often as it is used, as long as it is
 * good. See docs/decisions/0009-federated-tokens.md for why it is neither exchanged nor used up.
 *
 * @param config with files by their absolute paths
 */
export function createFederatedAuthenticator(config: FederatedIssuer): Authenticator {
  const { audience, algorithms, clockToleranceSeconds } = config
  return createJwtAuthenticator({
    path: pathOf(config),
    issuer: issuerOf(config) ?? '',
    audience,
    algorithms,
    clockToleranceSeconds,
    // Kubernetes says none, CI platforms say JWT. What is neither that nor an access token is meant for something else.
    tokenTypes: ['JWT', 'at+jwt', 'none'],
    // People can work while a CI platform cannot be reached.
    mayBeAway: true,
    keys: () => keysOf(config),
    principalOf(payload) {
      const machine = machineOf(config, payload)
      letIn.set(machine, { config, payload })
      return machine
    },
    stillKnows(machine) {
      const by = letIn.get(machine)
      return by !== undefined && (by.config === config || isSameNow(config, by.payload, machine))
    },
  })
}

/** What machines have said of themselves: under other rules they may be others, or nobody. */
const letIn = new WeakMap<Principal, { readonly config: FederatedIssuer; readonly payload: JWTPayload }>()

function isSameNow(config: FederatedIssuer, payload: JWTPayload, { groups }: Principal): boolean {
  try {
    const isForUs = [payload.aud].flat().includes(config.audience)
    return isForUs && isDeepStrictEqual(machineOf(config, payload).groups, groups)
  } catch {
    return false
  }
}

/** Where it stands in the configuration, by its name. */
export function pathOf({ name }: Pick<FederatedIssuer, 'name'>): string {
  return `identity.federation.${name}`
}

/** @throws Error when no rule lets it in */
function machineOf(config: FederatedIssuer, payload: JWTPayload): Principal {
  const { aud, exp = 0, iat = 0 } = payload
  // Whoever else it is for could bring it here.
  if (Array.isArray(aud) && aud.length !== 1) throw new Error('it is for others as well')
  if (exp - iat > maxLifetimeSeconds) throw new Error('it is good for longer than a day')
  const provider = federationProviders[config.provider]
  const facts = provider.factsOf(payload)
  const rule = config.rules.find(({ claims }) => fits(claims, facts))
  if (!rule) throw new Error('no rule lets it in')
  const { authentication, groupsMissing: _, ...principal } = principalOf(payload, '', pathOf(config))
  return Object.freeze({
    ...principal,
    kind: 'machine',
    name: nameOf(config.name, provider.nameClaims, facts, principal.subject),
    email: null,
    groups: Object.freeze([...rule.groups]),
    authentication: Object.freeze({ ...authentication, rule: rule.name }),
  } as const)
}

/** A claim that is no text is not what the rule wants, whatever it is. */
function fits(claims: FederationRule['claims'], facts: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(claims).every(([claim, pattern]) => {
    const value = Object.hasOwn(facts, claim) ? facts[claim] : undefined
    return typeof value === 'string' && matchesClaim(pattern, value)
  })
}

/** `github:acme/dags@refs/heads/main`: begun with what nobody who signs in is called. */
function nameOf(
  issuer: string,
  claims: readonly string[],
  facts: Readonly<Record<string, unknown>>,
  subject: string,
): string {
  const parts = claims.map((claim) => facts[claim])
  const isWhole = parts.length > 0 && parts.every((part) => typeof part === 'string')
  const name = `${issuer}:${isWhole ? parts.join('@') : subject}`
  if (isPrintable(name)) return name
  if (isPrintable(`${issuer}:${subject}`)) return `${issuer}:${subject}`
  throw new Error('its name is not printable')
}

/** @throws PROVIDER_UNREACHABLE (a retry can help) */
async function keysOf(config: FederatedIssuer): Promise<JWTVerifyGetKey> {
  const issuer = issuerOf(config) ?? ''
  if (config.jwksFile !== undefined) return localKeys(JSON.parse(readFileSync(config.jwksFile, 'utf8')))
  const ask = fetchKeysWith(config, issuer)
  return config.jwksUrl === undefined
    ? discoverKeys(issuer, ask)
    : remoteKeys(new URL(config.jwksUrl), issuer, ask)
}

/** Asks for metadata and keys as the configuration says: by its own authorities, with its token. */
export function fetchKeysWith({ caFile, tokenFile, jwksUrl }: FederatedIssuer, issuer: string): FetchKeys {
  const dispatcher =
    caFile === undefined
      ? undefined
      : new Agent({ connect: { ca: readFileSync(caFile, 'utf8') }, keepAliveTimeout: 1000 })
  const own = [issuer, ...(jwksUrl === undefined ? [] : [jwksUrl])].map((url) => new URL(url).origin)
  return (url, init) => {
    const headers = new Headers(init.headers)
    if (tokenFile !== undefined && own.includes(new URL(url).origin))
      headers.set('authorization', `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`)
    const request = { ...init, headers: Object.fromEntries(headers), ...(dispatcher && { dispatcher }) }
    return undiciFetch(url, request as Parameters<typeof undiciFetch>[1]) as unknown as Promise<Response>
  }
}
