import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt, exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { oidcConfig } from '#shared/config/identity/oidc.ts'
import { createOidcAuthenticator } from '../../../../relay/identity/oidc.ts'
import { audience } from '../../../support/token-provider.ts'

const client = { id: 'nightly-export', secret: 'secret-of-the-client' }
const server = createServer()
let issuer: string

/** A provider that gives tokens by RFC 9068 and RFC 8707 to a client for itself. */
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'one' }] },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: '',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })
  server.on('request', provider.callback())
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

test('a client’s own token is a machine’s, with the groups that are configured for it', async () => {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
  })
  const { access_token: token } = (await response.json()) as { access_token: string }
  expect(decodeJwt(token)).toMatchObject({ sub: client.id, client_id: client.id, aud: audience })
  const authenticator = createOidcAuthenticator(
    oidcConfig.parse({ issuer, audience, clientId: 'jetway', clients: { [client.id]: ['exports'] } }),
  )
  const { principal } = await authenticator.authenticate(token)
  expect(principal).toMatchObject({
    kind: 'machine',
    subject: client.id,
    name: client.id,
    email: null,
    groups: ['exports'],
  })
})
