import { z } from 'zod'
import { JetwayError } from '../errors/jetway-error.ts'
import { encodeMessage, type Message, protocolError } from './message.ts'
import { maxHandshakeBytes, messageType, protocolVersion } from './wire.ts'

/** What each end can take. The smaller of the two sides' `streams` holds; `windowBytes` is each receiver's own. */
const limits = z.strictObject({
  /** Streams at once. */
  streams: z.int().min(1).max(65_535),
  /** What a stream's receiver takes before it has granted more. */
  windowBytes: z.int().min(16_384).max(16_777_216),
})

const hello = z.strictObject({
  versions: z.array(z.int().min(1).max(255)).min(1).max(16),
  client: z.strictObject({ name: z.string().min(1).max(64), version: z.string().min(1).max(64) }),
  /**
   * The services that the client has a local port for, with the origins (RFC 6454) that a browser sees there.
   * The relay holds Host, Origin and Sec-Fetch-Site of each request against them.
   */
  services: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        origins: z.array(z.string().max(256)).max(16),
      }),
    )
    .max(64),
  limits,
})

const welcome = z.strictObject({
  version: z.literal(protocolVersion),
  /** 128 random bits, base64url. */
  session: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  /** Seconds since the epoch: the relay ends the session then, unless it was given a new access token. */
  expires: z.int().nonnegative(),
  limits,
})

export type Limits = z.infer<typeof limits>
export type Hello = z.infer<typeof hello>
export type Welcome = z.infer<typeof welcome>

export function encodeHello(value: Hello): Uint8Array {
  return encodeJson(messageType.HELLO, value)
}

export function encodeWelcome(value: Welcome): Uint8Array {
  return encodeJson(messageType.WELCOME, value)
}

/**
 * @throws PROTOCOL_ERROR when it is not a hello
 * @throws VERSION_UNSUPPORTED when no version fits
 */
export function parseHello(message: Message): Hello {
  const value = parseJson(message, messageType.HELLO, hello)
  if (!value.versions.includes(protocolVersion)) throw new JetwayError('VERSION_UNSUPPORTED')
  return value
}

/** @throws PROTOCOL_ERROR when it is not a welcome */
export function parseWelcome(message: Message): Welcome {
  return parseJson(message, messageType.WELCOME, welcome)
}

function encodeJson(type: number, value: unknown): Uint8Array {
  const payload = new TextEncoder().encode(JSON.stringify(value))
  if (payload.length > maxHandshakeBytes) throw protocolError('handshake too long')
  return encodeMessage(type, 0, payload)
}

function parseJson<T>(message: Message, type: number, schema: z.ZodType<T>): T {
  if (message.type !== type || message.seq !== 0) throw protocolError('handshake expected')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message.payload))
  } catch {
    throw protocolError('handshake is not JSON')
  }
  const result = schema.safeParse(value)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw protocolError(`handshake: ${issue?.path.join('.') || 'document'}`)
  }
  return result.data
}
