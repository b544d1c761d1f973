import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type FederatedIssuer, issuerOf } from '#shared/config/identity/federation.ts'
import type { IdentityConfig } from '#shared/config/identity/identity.ts'
import { isLoopback } from '#shared/loopback.ts'
import { federationProviders } from '../identity/federation-providers.ts'
import { localKeys } from '../identity/provider-keys.ts'

type Path = ReadonlyArray<string | number>

/**
 * Federated issuers with their files by absolute paths.
 *
 * @param at told of what cannot be enforced, or lets in whoever likes
 */
export function loadFederation(
  { federation, oidc, dpop }: IdentityConfig,
  publicUrl: string,
  folder: string,
  at: (where: Path, what: string) => void,
): FederatedIssuer[] {
  if (dpop.required && federation.length > 0)
    at(
      ['identity', 'dpop', 'required'],
      'leaves federation without use: what its platforms give is bound to no key',
    )
  const issuers = new Set([publicUrl, ...(oidc ? [oidc.issuer] : [])])
  const names = new Set<string>()
  return federation.map((one, i) => {
    const say = (where: Path, what: string) => at(['identity', 'federation', i, ...where], what)
    if (names.has(one.name)) say(['name'], `${one.name} is there twice`)
    names.add(one.name)
    const issuer = issuerOf(one)
    if (issuer === null) say(['issuer'], 'is missing')
    else if (issuers.has(issuer))
      say(['issuer'], `${issuer} is an issuer already: one place says who its are`)
    else issuers.add(issuer)
    if (one.jwksUrl !== undefined && one.jwksFile !== undefined) say(['jwksFile'], 'contradicts jwksUrl')
    for (const [key, url] of [
      ['issuer', issuer],
      ['jwksUrl', one.jwksUrl],
    ] as const) {
      if (url && new URL(url).protocol === 'http:' && !isLoopback(new URL(url).hostname))
        say([key], 'has to be https, except on a loopback host')
    }
    checkProvider(one, issuer, say)
    checkRules(one, say)
    return { ...one, ...filesOf(one, folder, say) }
  })
}

/** Whoever says `other` of a platform that many share would have rules that hold its tokens to nobody. */
function checkProvider(
  { provider }: FederatedIssuer,
  issuer: string | null,
  say: (where: Path, what: string) => void,
): void {
  if (issuer === null) return
  const { hostname } = new URL(issuer)
  const known = { 'token.actions.githubusercontent.com': 'github', 'gitlab.com': 'gitlab' }[hostname]
  if (known !== undefined && provider !== known) say(['provider'], `${hostname} is of the provider ${known}`)
}

function checkRules({ provider, rules }: FederatedIssuer, say: (where: Path, what: string) => void): void {
  const { pins, known } = federationProviders[provider]
  const names = new Set<string>()
  for (const [i, { name, claims }] of rules.entries()) {
    if (names.has(name)) say(['rules', i, 'name'], `${name} is there twice`)
    names.add(name)
    for (const claim of Object.keys(claims)) {
      if (known && !known.includes(claim))
        say(['rules', i, 'claims', claim], `is not one of ${known.join(', ')}`)
    }
    const isPinned = Object.entries(pins).some(
      ([claim, holds]) => Object.hasOwn(claims, claim) && holds(claims[claim] as string),
    )
    if (!isPinned) {
      const claimNames = Object.keys(pins).join(', ')
      say(
        ['rules', i, 'claims'],
        `would let in anyone whom the issuer knows: name whose tokens it is about, by ${claimNames}, up to any *`,
      )
    }
  }
}

/** Read here as well, so that a mistake is found before anything depends on it. */
function filesOf(
  one: FederatedIssuer,
  folder: string,
  say: (where: Path, what: string) => void,
): Pick<FederatedIssuer, 'jwksFile' | 'caFile' | 'tokenFile'> {
  const files: { jwksFile?: string; caFile?: string; tokenFile?: string } = {}
  for (const key of ['jwksFile', 'caFile', 'tokenFile'] as const) {
    const file = one[key]
    if (file === undefined) continue
    files[key] = resolve(folder, file)
    try {
      const text = readFileSync(files[key], 'utf8')
      if (key === 'jwksFile') requirePublicKeys(text)
      if (key === 'caFile' && !text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('no PEM')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      say([key], code ? `${file} cannot be read (${code})` : `${file} is not what it has to be`)
    }
  }
  return files
}

/** @throws Error when it is no JWKS, or one with keys that are nobody else's business */
function requirePublicKeys(text: string): void {
  const jwks = JSON.parse(text) as { keys: Record<string, unknown>[] }
  localKeys(jwks)
  if (jwks.keys.length === 0 || jwks.keys.some((key) => key.kty === 'oct' || key.d !== undefined))
    throw new Error('not public keys')
}
