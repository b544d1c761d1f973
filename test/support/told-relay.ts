import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { z } from 'zod'
import type { discoveryDocument } from '#shared/ipc/discovery.ts'
import { protocolVersion } from '#shared/protocol/wire.ts'
import type { CertificateFiles } from '../../demo/certificate.ts'

/** What a client sees of a relay before it connects, with whatever is wrong with it. */
export interface ToldRelay {
  readonly port: number
  /** What it says of itself; changed by tests. */
  document: Record<string, unknown>
  /** What it does with requests in place of saying that. */
  answer: RequestListener | null
  close(): void
}

/**
 * @param host under which clients know it
 * @param issuer of the provider that it names
 * @param files its certificate; without it, it speaks no TLS
 */
export async function startToldRelay(
  host: string,
  issuer: string,
  files: CertificateFiles | null,
): Promise<ToldRelay> {
  const listener: RequestListener = (request, response) => {
    if (relay.answer) return relay.answer(request, response)
    response.setHeader('content-type', 'application/json').end(JSON.stringify(relay.document))
  }
  const server: Server & { closeAllConnections(): void } = files
    ? createSecureServer({ cert: await readFile(files.cert), key: await readFile(files.key) }, listener)
    : createServer(listener)
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const relay: ToldRelay = {
    port,
    document: discoveryDocumentOf(host, port, issuer),
    answer: null,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return relay
}

function discoveryDocumentOf(host: string, port: number, issuer: string): z.input<typeof discoveryDocument> {
  return {
    protocolVersions: [protocolVersion],
    name: 'prod',
    carrierUrl: `wss://${host}:${port}/tunnel`,
    oidc: {
      issuer,
      clientId: 'jetway',
      scopes: ['openid', 'offline_access'],
      resource: null,
      redirectPorts: null,
    },
    dpop: 'optional',
    aws: null,
    services: [{ name: 'airflow', type: 'airflow', localPort: 8080 }],
  }
}
