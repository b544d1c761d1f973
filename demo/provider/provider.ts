import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import {
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider'
import { devicePages } from './device-pages.ts'
import { loginPage, page } from './login-page.ts'
import { passwordOf, people } from './people.ts'
import { acrValues, strengthCheck, strengthOf } from './strength.ts'

type Middleware = (context: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>

/** What the relay is told of the provider. */
export const clientId = 'jetway'
export const audience = 'urn:jetway:relay'
export const scopes = ['openid', 'profile', 'email', 'groups', 'offline_access']

export interface DemoProvider {
  readonly issuer: string
  close(): Promise<void>
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
const maxFormChars = 4096

/**
 * Starts an OpenID provider for the demo and for tests: a login page, refresh tokens that rotate, access tokens
 * as JWT (RFC 9068) for the relay.
 *
 * @param port 0 for any free one
 * @param accessTokenSeconds how long access tokens are good, in seconds
 * @param bindsTokens whether it binds tokens to a key for clients that ask for it (RFC 9449); it does where nothing is said
 * @param around sees every request before the provider, and its answer after it
 */
export async function startProvider(o: {
  port: number
  accessTokenSeconds: number
  bindsTokens?: boolean
  around?: Middleware
}): Promise<DemoProvider> {
  // The issuer holds the port, so the port comes first.
  const server = createServer()
  server.listen(o.port, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, await configuration(o.accessTokenSeconds, o.bindsTokens ?? true))
  if (o.around) provider.use(o.around)
  provider.use(loginRoutes(provider))
  server.on('request', provider.callback())
  return { issuer, close: () => closeServer(server) }
}

async function configuration(accessTokenSeconds: number, bindsTokens: boolean): Promise<Configuration> {
  const day = 86_400
  const policy = interactionPolicy.base()
  // Or every native client would ask for consent at each sign-in
  policy.get('consent')?.checks.remove('native_client_prompt')
  policy.get('login')?.checks.add(strengthCheck)
  return {
    jwks: { keys: [await signingKey('RS256'), await signingKey('ES256')] },
    cookies: { keys: [crypto.randomUUID()] },
    clients: [
      {
        client_id: clientId,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', deviceGrant],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/callback'],
      },
    ],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username'],
      groups: ['groups'],
    },
    scopes,
    conformIdTokenClaims: false,
    findAccount: (_context, id) =>
      Object.hasOwn(people, id) ? { accountId: id, claims: () => claimsOf(id) } : undefined,
    acrValues,
    extraTokenClaims: ({ oidc }, token) => {
      if (!('accountId' in token) || token.accountId === undefined) return undefined
      const { sub: _sub, ...claims } = claimsOf(token.accountId)
      const { AuthorizationCode, RefreshToken, DeviceCode } = oidc.entities
      const { authTime, acr } = AuthorizationCode ?? RefreshToken ?? DeviceCode ?? {}
      return {
        ...claims,
        ...(authTime === undefined ? {} : { auth_time: authTime }),
        ...(acr === undefined ? {} : { acr }),
      }
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    ttl: {
      AccessToken: accessTokenSeconds,
      RefreshToken: day,
      Session: day,
      Grant: day,
      IdToken: 300,
      Interaction: 600,
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: bindsTokens, nonceSecret: randomBytes(32), requireNonce: () => true },
      deviceFlow: devicePages,
      revocation: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = page(
            'Sign out',
            `${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`,
          )
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget()
          return {
            scope: scopes.join(' '),
            audience,
            accessTokenFormat: 'jwt',
            accessTokenTTL: accessTokenSeconds,
            jwt: { sign: { alg: 'RS256' } },
          }
        },
      },
    },
    interactions: { policy, url: (_context, { uid }) => `/login/${uid}` },
    // Consent is the company's to give for its own client.
    loadExistingGrant: async ({ oidc }) => {
      const { client, session, provider } = oidc
      if (!client || !session) return undefined
      const id = session.grantIdFor(client.clientId)
      const grant =
        (id === undefined ? undefined : await provider.Grant.find(id)) ??
        new provider.Grant({ clientId: client.clientId, accountId: session.accountId as string })
      grant.addOIDCScope(scopes.join(' '))
      grant.addResourceScope(audience, scopes.join(' '))
      await grant.save()
      return grant
    },
  }
}

async function signingKey(alg: string) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `demo-${alg}` }
}

function claimsOf(id: string) {
  const person = people[id] as (typeof people)[string]
  return {
    sub: id,
    name: person.name,
    preferred_username: id,
    email: person.email,
    email_verified: true,
    groups: [...person.groups],
  }
}

function loginRoutes(provider: Provider): Middleware {
  return async (context, next) => {
    if (!/^\/login\/[\w-]+$/.test(context.path)) return next()
    const { uid, params } = await provider.interactionDetails(context.req, context.res)
    if (context.method !== 'POST') {
      context.body = loginPage(uid, null)
      return
    }
    const form = new URLSearchParams(await readForm(context))
    const id = form.get('username') ?? ''
    if (!Object.hasOwn(people, id) || form.get('password') !== passwordOf(id)) {
      context.body = loginPage(uid, 'Wrong user or password.')
      return
    }
    const result = { login: { accountId: id, acr: strengthOf(params.acr_values) } }
    await provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: false })
  }
}

async function readForm(context: KoaContextWithOIDC): Promise<string> {
  let text = ''
  for await (const chunk of context.req) {
    text += chunk
    if (text.length > maxFormChars) context.throw(413)
  }
  return text
}

async function closeServer(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  if (server.listening) await once(server, 'close')
}
