import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TokenProvider } from './token-provider.ts'

/** GitHub's side of a job: where the job asks for its token. */
export interface CiPlatform {
  /** What a job with `id-token: write` has in its environment. */
  readonly env: {
    readonly ACTIONS_ID_TOKEN_REQUEST_URL: string
    readonly ACTIONS_ID_TOKEN_REQUEST_TOKEN: string
  }
  /** The claims of the job's token, beside those that every token has. */
  claims: Record<string, unknown>
  /** The audiences that were asked for. */
  readonly audiences: string[]
  close(): void
}

/** @param provider signs the tokens */
export async function startCiPlatform(provider: TokenProvider): Promise<CiPlatform> {
  const token = 'request-token'
  const server = createServer(async (request, response) => {
    const audience = new URL(request.url ?? '/', 'http://x').searchParams.get('audience')
    if (request.headers.authorization !== `Bearer ${token}` || audience === null) {
      response.writeHead(401).end()
      return
    }
    platform.audiences.push(audience)
    const claims = { email: undefined, groups: undefined, aud: audience, ...platform.claims }
    const value = await provider.token(claims, { typ: 'JWT' })
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ value }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const platform: CiPlatform = {
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
    },
    claims: {},
    audiences: [],
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return platform
}
