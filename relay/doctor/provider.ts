import { z } from 'zod'
import type { OidcConfig } from '#shared/config/identity/oidc.ts'
import { isLoopback } from '#shared/loopback.ts'
import { fetchJson, metadataUrl } from '../identity/provider-keys.ts'
import { examineClock } from './clock.ts'
import { type Finding, findings, reasonOf, type Say, shown } from './finding.ts'
import { examineKeys } from './keys.ts'

const list = z.array(z.string()).optional().catch(undefined)
const endpoint = z.string().optional().catch(undefined)
/** As much as is looked at of OpenID Connect Discovery 1.0 §3 and RFC 8414 §2. What is of another form is not there. */
const metadata = z.object({
  issuer: z.unknown(),
  jwks_uri: endpoint,
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  device_authorization_endpoint: endpoint,
  revocation_endpoint: endpoint,
  end_session_endpoint: endpoint,
  code_challenge_methods_supported: list,
  dpop_signing_alg_values_supported: list,
  response_types_supported: list,
  grant_types_supported: list,
  scopes_supported: list,
  claims_supported: list,
})
type Metadata = z.infer<typeof metadata>

/**
 * Tries an OpenID provider as the relay and its clients will use it.
 *
 * @param mustBeBound whether access tokens have to be bound to a key
 */
export async function examineProvider(oidc: OidcConfig, mustBeBound: boolean): Promise<readonly Finding[]> {
  const { found, say } = findings('identity.oidc')
  const url = metadataUrl(oidc.issuer)
  const asked = Date.now()
  const answer = await fetchJson(url, oidc.issuer).catch((error: Error) => error)
  if (answer instanceof Error) {
    const remedy = `Check identity.oidc.issuer, and whether this machine may go there (${proxyWords}).`
    say('fault', 'discovery', `${url} cannot be read (${reasonOf(answer)}).`, remedy)
    return found
  }
  const parsed = metadata.safeParse(answer.json)
  if (!parsed.success) {
    say('fault', 'discovery', `${url} holds no metadata.`, 'Check identity.oidc.issuer.')
    return found
  }
  say('ok', 'discovery', `${url} answers.`)
  examineIssuer(oidc, parsed.data, say)
  const date = answer.headers.get('date')
  examineClock({ date, asked, answered: Date.now(), toleranceSeconds: oidc.clockToleranceSeconds }, say)
  examineEndpoints(oidc, parsed.data, say)
  examineFlow(oidc, parsed.data, say)
  examineBinding(parsed.data, mustBeBound, say)
  examineRedirects(oidc, say)
  await fetchKeys(oidc, parsed.data, say)
  return found
}

const proxyWords = 'firewall; an authority of your own: NODE_EXTRA_CA_CERTS'

function examineIssuer({ issuer }: OidcConfig, { issuer: own }: Metadata, say: Say): void {
  if (own === issuer) say('ok', 'issuer', 'It calls itself what the configuration does.')
  else {
    say(
      'fault',
      'issuer',
      `It calls itself ${shown(own)}, and the configuration says ${shown(issuer)}.`,
      'Write identity.oidc.issuer exactly as it does, also whether there is a slash at the end.',
    )
  }
}

const useful: readonly [keyof Metadata, string, string][] = [
  ['device_authorization_endpoint', 'device', 'signing in from a machine without a browser'],
  ['revocation_endpoint', 'revocation', 'ending a refresh token at sign-out'],
  ['end_session_endpoint', 'logout', 'signing out at the provider as well'],
]

function examineEndpoints({ issuer }: OidcConfig, has: Metadata, say: Say): void {
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
    const url = has[name]
    if (url === undefined) say('fault', 'endpoints', `It names no ${name}.`, 'Nobody can sign in with it.')
    else if (!isSafe(url, issuer))
      say('fault', 'endpoints', `Its ${name} is not on https.`, 'Have it mended there.')
  }
  for (const [name, check, purpose] of useful) {
    if (has[name] === undefined) say('note', check, `It has no ${name}: no ${purpose}.`)
    else say('ok', check, `It has an endpoint for ${purpose}.`)
  }
}

function isSafe(url: string, issuer: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(new URL(issuer).hostname))
}

function examineFlow({ scopes, groupsClaim }: OidcConfig, has: Metadata, say: Say): void {
  const methods = has.code_challenge_methods_supported
  if (methods?.includes('S256')) say('ok', 'pkce', 'It knows PKCE with S256.')
  else if (methods) {
    say('fault', 'pkce', 'It does not know PKCE with S256.', 'Codes could be stolen; use another provider.')
  } else {
    say(
      'note',
      'pkce',
      'It does not say whether it knows PKCE (RFC 7636). Entra ID does, and does not say so.',
    )
  }
  if (has.response_types_supported && !has.response_types_supported.includes('code'))
    say('fault', 'flow', 'It does not offer the authorization code flow.', 'Allow it at the provider.')
  if (has.grant_types_supported && !has.grant_types_supported.includes('refresh_token'))
    say('warning', 'refresh', 'It gives no refresh tokens: people sign in again when the access token ends.')
  const missing = scopes.filter(
    (scope) => !scope.includes('/') && has.scopes_supported?.includes(scope) === false,
  )
  if (missing.length > 0) {
    say(
      'warning',
      'scopes',
      `It does not name the scope(s) ${missing.join(', ')}, which clients ask for.`,
      'Make them at the provider, or leave them out of identity.oidc.scopes.',
    )
  }
  if (has.claims_supported?.includes(groupsClaim) !== true) {
    say(
      'note',
      'groups',
      `It does not say that it has a claim ${shown(groupsClaim)}. That says little: a token says more.`,
      'Ask again with --token-file.',
    )
  }
}

/** Clients sign their proofs with ES256. */
function examineBinding(has: Metadata, mustBeBound: boolean, say: Say): void {
  if (has.dpop_signing_alg_values_supported?.includes('ES256'))
    say('ok', 'dpop', 'It binds tokens to a key (DPoP, ES256).')
  else if (mustBeBound) {
    say(
      'fault',
      'dpop',
      'It offers no DPoP with ES256, and identity.dpop.required lets no other tokens in.',
      'Turn it on at the provider, or off here.',
    )
  } else say('note', 'dpop', 'It offers no DPoP with ES256: whoever holds a token can use it.')
}

function examineRedirects({ redirectPorts }: OidcConfig, say: Say): void {
  const uris = redirectPorts?.map((port) => `http://127.0.0.1:${port}/callback`) ?? [
    'http://127.0.0.1/callback',
  ]
  say(
    'note',
    'redirects',
    `It cannot be asked whether these are registered for the client${redirectPorts ? '' : ', for any port'}: ${uris.join(' ')}`,
  )
}

async function fetchKeys(oidc: OidcConfig, { jwks_uri }: Metadata, say: Say): Promise<void> {
  if (jwks_uri === undefined || !isSafe(jwks_uri, oidc.issuer)) return
  const answer = await fetchJson(jwks_uri, oidc.issuer).catch((error: Error) => error)
  if (answer instanceof Error)
    say(
      'fault',
      'keys',
      `${shown(jwks_uri)} cannot be read (${reasonOf(answer)}).`,
      `Let it through (${proxyWords}).`,
    )
  else examineKeys(answer.json, { accepted: oidc.algorithms, path: 'identity.oidc.algorithms' }, say)
}
