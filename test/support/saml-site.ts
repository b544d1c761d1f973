import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inflateRawSync } from 'node:zlib'
import { calculatePKCECodeChallenge } from 'openid-client'
import { type Logger, pino } from 'pino'
import { type DpopKey, makeDpopKey } from './dpop-key.ts'
import { type OwnRelay, startOwnRelay } from './own-relay.ts'
import {
  entityId,
  makeSamlKey,
  type ResponseParts,
  type SamlKey,
  samlMetadata,
  samlResponse,
} from './saml-provider.ts'
import { startToldUpstream, type ToldUpstream } from './told-upstream.ts'

export const redirectUri = 'http://127.0.0.1:50123/callback'
export const codeVerifier = 'v'.repeat(43)

/** A sign-in that has come as far as the provider. */
interface Begun {
  readonly relayState: string
  readonly requestId: string
  readonly cookie: string
  /** The provider's address with the request. */
  readonly url: URL
  /** The AuthnRequest, XML. */
  readonly request: string
}

/** A relay whose people sign in by SAML, and their provider, which signs what a test tells it to. */
export interface SamlSite {
  readonly relay: OwnRelay
  readonly upstream: ToldUpstream
  readonly key: SamlKey
  /** The client’s, to which its tokens are bound. */
  readonly clientKey: DpopKey
  readonly acsUrl: string
  readonly audience: string
  readonly metadataUrl: string
  readonly logLines: string[]
  /** What the provider's metadata say from now on. */
  publish(xml: string): void
  /** How often they were read. */
  readonly reads: number
  authorize(changes?: Readonly<Record<string, string | null>>): Promise<Response>
  begin(changes?: Readonly<Record<string, string | null>>): Promise<Begun>
  respond(begun: Begun, parts?: Partial<ResponseParts>): string
  /** Brings the provider's answer to the relay, as the browser of `begun` does. */
  post(begun: Begun, xml: string, changes?: { cookie?: string; relayState?: string }): Promise<Response>
  /** Asks the token endpoint, with a proof of the client’s key, of another one, or of none. */
  token(form: Readonly<Record<string, string>>, key?: DpopKey | null): Promise<Answer>
  /** A whole sign-in, to its tokens. */
  signIn(parts?: Partial<ResponseParts>): Promise<Record<string, string>>
  /** The status of a request with an access token and a proof of the client’s key. */
  ask(accessToken: string | undefined): Promise<number>
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body: Record<string, string>
}

export async function startSamlSite(saml: object = {}): Promise<SamlSite> {
  const key = await makeSamlKey()
  const clientKey = await makeDpopKey()
  const upstream = await startToldUpstream()
  let reads = 0
  const server = createServer((_request, response) => {
    reads += 1
    response.setHeader('content-type', 'application/samlmetadata+xml').end(published)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const metadataUrl = `${origin}/metadata`
  let published = samlMetadata(`${origin}/sso`, [key], {
    more: `<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${origin}/slo"/>`,
  })
  const logLines: string[] = []
  const log: Logger = pino({}, { write: (line: string) => void logLines.push(line) })
  const relay = await startOwnRelay(
    'unused',
    {
      identity: { oidc: undefined, saml: { entityId, metadata: { url: metadataUrl }, ...saml } },
      services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
      direct: 'airflow',
      policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
    },
    log,
  )
  const acsUrl = `${relay.url}/saml/acs`
  const audience = `${relay.url}/saml/metadata`
  const site: SamlSite = {
    relay,
    upstream,
    key,
    clientKey,
    acsUrl,
    audience,
    metadataUrl,
    logLines,
    publish(xml) {
      published = xml
    },
    get reads() {
      return reads
    },
    async authorize(changes = {}) {
      const url = new URL('/oauth/authorize', relay.url)
      const asked: Record<string, string | null> = {
        response_type: 'code',
        client_id: 'jetway',
        redirect_uri: redirectUri,
        scope: 'openid offline_access',
        state: 'the-state',
        nonce: 'the-nonce',
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...changes,
      }
      for (const [name, value] of Object.entries(asked)) if (value !== null) url.searchParams.set(name, value)
      return fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } })
    },
    async begin(changes) {
      const response = await site.authorize(changes)
      const url = new URL(response.headers.get('location') ?? '')
      const request = inflateRawSync(
        Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64'),
      ).toString('utf8')
      return {
        url,
        request,
        requestId: / ID="([^"]+)"/.exec(request)?.[1] as string,
        relayState: url.searchParams.get('RelayState') as string,
        cookie: (response.headers.get('set-cookie') ?? '').split(';', 1)[0] as string,
      }
    },
    respond: ({ requestId }, parts = {}) => samlResponse({ acsUrl, audience, requestId, key, ...parts }),
    post: ({ relayState, cookie }, xml, changes = {}) =>
      fetch(acsUrl, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: changes.cookie ?? cookie, accept: 'text/html', origin: 'https://idp.example.com' },
        body: new URLSearchParams({
          SAMLResponse: Buffer.from(xml).toString('base64'),
          RelayState: changes.relayState ?? relayState,
        }),
      }),
    async token(form, by = clientKey) {
      const request = { method: 'POST', url: `${relay.url}/oauth/token` }
      const body = new URLSearchParams({ client_id: 'jetway', ...form })
      const response = await proven(by, request, (headers) =>
        fetch(request.url, { method: 'POST', headers, body }),
      )
      return { status: response.status, body: (await response.json()) as Record<string, string> }
    },
    async signIn(parts) {
      const begun = await site.begin()
      const response = await site.post(begun, site.respond(begun, parts))
      return (await site.token(redeem(codeOf(response)))).body
    },
    async ask(accessToken) {
      const request = { method: 'GET', url: `${relay.url}/api/v2/dags`, token: accessToken ?? '' }
      const authorization = `DPoP ${accessToken}`
      const response = await proven(clientKey, request, (headers) =>
        fetch(request.url, { headers: { authorization, ...headers } }),
      )
      return response.status
    },
    async close() {
      await relay.close()
      upstream.close()
      server.close()
      server.closeAllConnections()
    },
  }
  return site
}

/** Sends a request with a proof, again where the first answer brings the nonce that it needs. */
async function proven(
  key: DpopKey | null,
  request: { method: string; url: string; token?: string },
  send: (headers: Record<string, string>) => Promise<Response>,
): Promise<Response> {
  if (key === null) return send({})
  const first = await send({ dpop: await key.proof(request) })
  const nonce = first.headers.get('dpop-nonce')
  if (nonce === null || first.ok) return first
  await first.body?.cancel()
  return send({ dpop: await key.proof({ ...request, nonce }) })
}

/** The form that redeems a code. */
export function redeem(code: string): Record<string, string> {
  return { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: codeVerifier }
}

/** The code that an answer sends the browser to the client with. */
export function codeOf(response: Response): string {
  return new URL(response.headers.get('location') ?? 'none:').searchParams.get('code') ?? ''
}
