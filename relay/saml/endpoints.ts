import { randomBytes } from 'node:crypto'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { pageSecurityPolicy } from '#shared/errors/page.ts'
import { messagePage } from '#shared/message-page.ts'
import type { LoadedSaml } from '../config/people.ts'
import type { Exchange, Handler } from '../http/exchange.ts'
import { authorizationRequestOf, redirectTo } from '../oauth/authorization-request.ts'
import { formOf } from '../oauth/form.ts'
import type { KeptSignIns } from '../oauth/kept-sign-ins.ts'
import type { State } from '../state/state.ts'
import type { LogoutMessage, LogoutRequest } from './logout-request.ts'
import { path as configPath, principalOfAssertion } from './principal.ts'
import type { Refusal } from './refusal.ts'
import { maxResponseChars, type VerifiedAssertion } from './response.ts'
import { newRequestId, type ServiceProvider } from './service-provider.ts'
import type { SignInCookie } from './sign-in-cookie.ts'
import { lackOf } from './wished.ts'

/** Base64 of the largest response, percent-encoded at worst, and a RelayState. */
const maxFormBytes = maxResponseChars * 4
/** From when on a request's id would be refused anyway: its cookie, or its age. In seconds. */
const requestIdSeconds = 900

export interface SamlEndpointsOptions {
  readonly saml: LoadedSaml
  readonly issuer: string
  readonly provider: ServiceProvider
  readonly cookie: SignInCookie
  readonly signIns: KeptSignIns
  readonly state: State
}

/**
 * Where browsers come to sign in: `GET /oauth/authorize` (RFC 6749 §3.1) sends them to the provider, `POST /saml/acs`
 * takes its answer and sends them to the client with a code; `/saml/slo` is where the provider says who is out, and
 * `GET /saml/metadata` what it needs to know. Tokens are in none of these.
 */
export function samlEndpoints(o: SamlEndpointsOptions): Handler {
  const routes: Readonly<Record<string, (exchange: Exchange, query: string) => Promise<true>>> = {
    'GET /oauth/authorize': (exchange, query) => authorize(exchange, query, o),
    'POST /saml/acs': (exchange) => consume(exchange, o),
    'POST /saml/slo': (exchange) => logOutByForm(exchange, o),
    'GET /saml/slo': (exchange, query) => logOutByQuery(exchange, query, o),
    'GET /saml/metadata': async (exchange) =>
      send(exchange, 'application/samlmetadata+xml', o.provider.metadata),
  }
  return (next) => (exchange) => {
    const { method, url = '/' } = exchange.request
    const [target = ''] = url.split('?', 1)
    const query = url.slice(target.length + 1)
    const route = exchange.tunnel ? undefined : routes[`${method} ${target}`]
    if (!route) return next(exchange)
    exchange.inBrowser = target !== '/saml/metadata'
    return route(exchange, query)
  }
}

async function authorize(exchange: Exchange, query: string, o: SamlEndpointsOptions): Promise<true> {
  exchange.signsIn = true
  const request = authorizationRequestOf(query)
  if ('error' in request) {
    const { error, description } = request
    exchange.error = new JetwayError('AUTHORIZATION_INVALID', { reason: description })
    return redirect(exchange, redirectTo(request, o.issuer, { error, error_description: description }))
  }
  // Who is sent on to the provider has not come yet: only who is refused is recorded.
  exchange.signsIn = false
  const [requestId, relayState] = [newRequestId(), randomBytes(20).toString('hex')]
  const url = await o.provider.requestUrl(requestId, relayState, request)
  return redirect(exchange, url, o.cookie.set({ requestId, relayState, request }))
}

/** What the provider says of a sign-in that this browser has begun. */
async function consume(exchange: Exchange, o: SamlEndpointsOptions): Promise<true> {
  exchange.signsIn = true
  const form = await formOf(exchange, maxFormBytes)
  const [response, relayState] = [form?.get('SAMLResponse'), form?.get('RelayState')]
  if (!response || !relayState || relayState.length > 80) throw new JetwayError('SIGN_IN_NOT_BEGUN')
  const begun = o.cookie.get(exchange.request, relayState)
  if (!begun) throw new JetwayError('SIGN_IN_NOT_BEGUN')
  const { requestId, request, begunAt } = begun
  const answer = (parameters: Readonly<Record<string, string>>) =>
    redirect(exchange, redirectTo(request, o.issuer, parameters), o.cookie.clear(relayState))
  const refuse = ({ error, description }: Refusal) => {
    exchange.error = refused(new Error(description))
    return answer({ error, error_description: description })
  }
  const said = await orRefused(() => o.provider.verify(response, requestId))
  if ('error' in said) {
    await spend(requestId, null, o)
    return refuse(said)
  }
  const principal = await orRefused(async () => principalOfAssertion(said, o.saml))
  exchange.principal = principal
  await spend(requestId, said, o)
  const { clockToleranceSeconds } = o.saml
  const lack = lackOf(said, request, { begunAt, now: now(), clockToleranceSeconds })
  if (lack) return refuse(lack)
  return answer({ code: await o.signIns.begin({ principal, request, nameIdFormat: said.nameIdFormat }) })
}

/**
 * The request's and the assertion's ids are used up once all else is right, each at once for all who try: what is junk
 * uses up nothing.
 *
 * @throws SAML_REFUSED where they were before
 */
async function spend(
  requestId: string,
  assertion: VerifiedAssertion | null,
  { saml, state }: SamlEndpointsOptions,
): Promise<void> {
  const isFirst =
    (await state.usedIds.use('saml-request', requestId, now() + requestIdSeconds, now())) &&
    (assertion === null ||
      (await state.usedIds.use('assertion', `${saml.entityId} ${assertion.id}`, assertion.expires, now())))
  if (!isFirst) throw refused(new Error('the request was answered, or the assertion used, before'))
}

/** By the POST binding: the provider says that someone is out, or that it has done what it was told. */
async function logOutByForm(exchange: Exchange, o: SamlEndpointsOptions): Promise<true> {
  const form = await formOf(exchange, maxFormBytes)
  const encoded = form?.get('SAMLRequest')
  // Its answer tells nothing: whoever asked for it was out before.
  if (encoded === undefined && form?.has('SAMLResponse')) return sayOut(exchange)
  return logOut(exchange, { form: encoded ?? '' }, form?.get('RelayState') ?? '', o)
}

/** The same by the Redirect binding. */
async function logOutByQuery(exchange: Exchange, query: string, o: SamlEndpointsOptions): Promise<true> {
  const parameters = new URLSearchParams(query)
  if (!parameters.has('SAMLRequest')) return sayOut(exchange)
  return logOut(exchange, { query }, parameters.get('RelayState') ?? '', o)
}

async function logOut(
  exchange: Exchange,
  message: LogoutMessage,
  relayState: string,
  o: SamlEndpointsOptions,
): Promise<true> {
  const request = await orRefused(() => o.provider.verifyLogout(message))
  if (!(await o.state.usedIds.use('saml-request', request.id, now() + requestIdSeconds, now())))
    throw refused(new Error('a logout request that came before'))
  await endAll(request, o)
  const url = await o.provider.logoutResponseUrl(request, relayState.length <= 80 ? relayState : '')
  return url === null ? sayOut(exchange) : redirect(exchange, url)
}

async function endAll({ nameId, sessionIndexes }: LogoutRequest, o: SamlEndpointsOptions): Promise<void> {
  const sessions = sessionIndexes.length === 0 ? [null] : sessionIndexes
  for (const providerSession of sessions)
    await o.signIns.end(
      { issuer: o.saml.entityId, subject: nameId, providerSession },
      `logged out at the provider of ${configPath}`,
    )
}

function sayOut(exchange: Exchange): true {
  const page = messagePage('You are signed out', 'You can close this window.')
  return send(exchange, 'text/html; charset=utf-8', page)
}

async function orRefused<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check()
  } catch (cause) {
    throw cause instanceof JetwayError ? cause : refused(cause)
  }
}

/** Why is for the log. */
function refused(cause: unknown): JetwayError {
  return new JetwayError('SAML_REFUSED', {}, { cause })
}

function redirect({ response }: Exchange, location: string, cookie?: string): true {
  response.writeHead(303, {
    location,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-length': 0,
    ...(cookie === undefined ? {} : { 'set-cookie': cookie }),
  })
  response.end()
  return true
}

function send({ response }: Exchange, type: string, body: string): true {
  response.writeHead(200, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'content-security-policy': pageSecurityPolicy,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
  return true
}

const now = () => Math.floor(Date.now() / 1000)
