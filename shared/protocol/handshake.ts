import { z } from 'zod'
import { JetwayError } from '../errors/jetway-error.ts'
import { encodeMessage, type Message, protocolError } from './message.ts'
import { maxHandshakeBytes, messageType, protocolVersion } from './wire.ts'

/** What each end can take. Of `streams` the smaller of both holds; the others are each receiver's own. */
const limits = z.strictObject({
  /** Streams at once. */
  streams: z.int().min(1).max(65_535),
  /** What a stream's receiver takes before it has granted more. */
  windowBytes: z.int().min(16_384).max(16_777_216),
  /** New streams in a second, on average; as many may come at once. */
  opensPerSecond: z.int().min(1).max(65_535),
})

/** 128 random bits, base64url. */
const sessionId = z.string().regex(/^[A-Za-z0-9_-]{22}$/)
/** 256 bits, base64url: the session's secret, and the proof that someone has it. */
const key = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
/** An offset in the session's sequence. */
const offset = z.int().nonnegative()
/** Seconds since the epoch: the relay ends the session then, unless it was given a new access token. */
const expires = z.int().nonnegative()

const hello = z.strictObject({
  versions: z.array(z.int().min(1).max(255)).min(1).max(16),
  client: z.strictObject({ name: z.string().min(1).max(64), version: z.string().min(1).max(64) }),
  /**
   * The services that the client has a local port for. The relay holds Host, Origin and Sec-Fetch-Site of each
   * request against the origins that a browser sees there.
   */
  services: z
    .array(z.strictObject({ name: z.string().min(1).max(64), localPort: z.int().min(1).max(65_535) }))
    .max(64),
  limits,
})

const welcome = z.strictObject({
  version: z.literal(protocolVersion),
  session: sessionId,
  secret: key,
  /** How long the relay keeps the session without a carrier, in seconds. */
  keepSeconds: z.int().nonnegative(),
  expires,
  limits,
})

const resume = z.strictObject({
  session: sessionId,
  /** Higher at each attempt: a carrier that comes late never takes a session from a newer one. */
  epoch: z.int().min(1),
  /** What the client has received of the session. */
  received: offset,
  /** HMAC-SHA256 with the secret over {@link proofInput}. */
  proof: key,
})

const resumed = z.strictObject({
  /** What the relay has received of the session. */
  received: offset,
  expires,
})

export type Limits = z.infer<typeof limits>
export type Hello = z.infer<typeof hello>
export type Welcome = z.infer<typeof welcome>
export type Resume = z.infer<typeof resume>
export type Resumed = z.infer<typeof resumed>

export function encodeHello(value: Hello): Uint8Array {
  return encodeJson(messageType.HELLO, value)
}

export function encodeWelcome(value: Welcome): Uint8Array {
  return encodeJson(messageType.WELCOME, value)
}

export function encodeResume(value: Resume): Uint8Array {
  return encodeJson(messageType.RESUME, value)
}

export function encodeResumed(value: Resumed): Uint8Array {
  return encodeJson(messageType.RESUMED, value)
}

/**
 * The first message of a carrier, as the relay reads it.
 *
 * @throws PROTOCOL_ERROR when it is neither a hello nor a resume
 * @throws VERSION_UNSUPPORTED when no version fits
 */
export function parseFirst(message: Message): { hello: Hello } | { resume: Resume } {
  if (message.type === messageType.RESUME) return { resume: parseJson(message, messageType.RESUME, resume) }
  const value = parseJson(message, messageType.HELLO, hello)
  if (!value.versions.includes(protocolVersion)) throw new JetwayError('VERSION_UNSUPPORTED')
  return { hello: value }
}

/** @throws PROTOCOL_ERROR when it is not a welcome */
export function parseWelcome(message: Message): Welcome {
  return parseJson(message, messageType.WELCOME, welcome)
}

/** @throws PROTOCOL_ERROR when it is not the answer to a resume */
export function parseResumed(message: Message): Resumed {
  return parseJson(message, messageType.RESUMED, resumed)
}

/** What the proof of a resume is made over. */
export function proofInput({ session, epoch, received }: Omit<Resume, 'proof'>): string {
  return `jetway.1 resume ${session} ${epoch} ${received}`
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
