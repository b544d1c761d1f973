/** A service of `type: tcp`: a database, SSH, a gRPC server, whatever speaks over a TCP connection. */
import { z } from 'zod'

export interface TcpAddress {
  /** A name or an IP address; IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** `host:port`, IPv6 in brackets (RFC 3986 §3.2.2). @returns null where it is none */
function parseAddress(text: string): TcpAddress | null {
  const [, host = '', digits = ''] = /^(\[[\da-f:.]+\]|[\w.-]{1,253}):(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  if (port < 1 || port > 65_535 || !URL.canParse(`http://${host}`)) return null
  return { host: host.replace(/^\[|\]$/g, ''), port }
}

export const tcpService = z.strictObject({
  type: z.literal('tcp').describe('Any server that is reached over TCP, byte for byte; see policy.connect.'),
  address: z
    .string()
    .transform((text, context) => {
      const address = parseAddress(text)
      if (address) return address
      context.addIssue('host:port, an IPv6 address in brackets')
      return z.NEVER
    })
    .describe(
      'Where the server answers the relay, `host:port`, e.g. warehouse.internal:5432 or [fd00::5]:5432.',
    ),
  localPort: z.int().min(1).max(65_535).describe('The port on people’s own machines.'),
  connectTimeoutSeconds: z
    .int()
    .min(1)
    .max(60)
    .default(5)
    .describe('How long the server may take to accept a connection, in seconds.'),
  connections: z.int().min(1).max(4096).default(64).describe('Connections to the server at once.'),
})

export type TcpServiceConfig = z.infer<typeof tcpService>
