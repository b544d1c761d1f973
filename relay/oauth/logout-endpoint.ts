import { compactVerify, createLocalJWKSet } from 'jose'
import { z } from 'zod'
import { pageSecurityPolicy } from '#shared/errors/page.ts'
import { messagePage } from '#shared/message-page.ts'
import { parseJson } from '#shared/parse-json.ts'
import type { Handler } from '../http/exchange.ts'
import { parametersOf } from './form.ts'
import { type KeptSignIns, nameIdFormatOf } from './kept-sign-ins.ts'
import type { Keyring } from './keyring.ts'

const path = '/oauth/logout'
const hint = z.object({ iss: z.string(), sid: z.string() })

/** Where a sign-in's provider is told that someone is out. */
interface Provider {
  logoutRequestUrl(who: {
    nameId: string
    nameIdFormat: string | null
    sessionIndex: string | null
  }): Promise<string | null>
}

/**
 * `GET /oauth/logout` (OpenID Connect RP-Initiated Logout 1.0): ends the sign-in of the ID token that is the hint, and
 * sends the browser to the provider to end its session as well. Without a hint of our own it ends nothing.
 */
export function logoutEndpoint(o: {
  signIns: KeptSignIns
  keyring: Keyring
  issuer: string
  provider: Provider
}): Handler {
  const sessionOf = async (token: string): Promise<string | null> => {
    try {
      // Long expired, mostly: it only has to have been given by us.
      const keys = createLocalJWKSet({ keys: [...o.keyring.published] })
      const { payload, protectedHeader } = await compactVerify(token, keys, { algorithms: ['EdDSA'] })
      const { iss, sid } = hint.parse(parseJson(Buffer.from(payload).toString('utf8')))
      return protectedHeader.typ === 'JWT' && iss === o.issuer ? sid : null
    } catch {
      return null
    }
  }
  return (next) => async (exchange) => {
    const { request, response, tunnel } = exchange
    const [target, query = ''] = (request.url ?? '/').split('?', 2) as [string, string?]
    if (tunnel || request.method !== 'GET' || target !== path) return next(exchange)
    exchange.inBrowser = true
    const id = await sessionOf(parametersOf(query)?.get('id_token_hint') ?? '')
    const ended = id === null ? null : await o.signIns.leave(id)
    const location =
      ended &&
      (await o.provider.logoutRequestUrl({
        nameId: ended.subject,
        nameIdFormat: nameIdFormatOf(ended),
        sessionIndex: ended.providerSession,
      }))
    const headers = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
    if (location) {
      response.writeHead(303, { ...headers, location, 'content-length': 0 }).end()
      return true
    }
    const page = messagePage('You are signed out', 'You can close this window.')
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pageSecurityPolicy,
      'content-length': Buffer.byteLength(page),
    })
    response.end(page)
    return true
  }
}
