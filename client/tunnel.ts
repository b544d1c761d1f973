import type { Socket } from 'node:net'
import { errorCodeOfWire, JetwayError } from '#shared/errors/jetway-error.ts'
import { encodeHello, parseWelcome, type Welcome } from '#shared/protocol/hello.ts'
import { join } from '#shared/protocol/join.ts'
import { parseMessage } from '#shared/protocol/message.ts'
import { Pump } from '#shared/protocol/pump.ts'
import { Session } from '#shared/protocol/session.ts'
import { protocolVersion } from '#shared/protocol/wire.ts'
import { type ClientCarrier, dialWebSocket } from './carriers/websocket.ts'

export interface TunnelOptions {
  /** `wss://…`, from the relay's discovery document. */
  readonly carrierUrl: string
  /** PEM of authorities to trust instead of the system's; null for the system's. */
  readonly ca: string | null
  readonly accessToken: string
  /** The local ports, as the origins that a browser sees there. */
  readonly services: ReadonlyArray<{ readonly name: string; readonly origins: readonly string[] }>
  /** Of this client, for the relay's log. */
  readonly version: string
  readonly signal?: AbortSignal
}

/** A session with a relay over a carrier. */
export interface Tunnel {
  readonly welcome: Welcome
  /** Settles when the tunnel has ended, with why; never rejects. */
  readonly closed: Promise<JetwayError>
  /** Sends a local connection to a service. A stream that cannot be opened resets the connection. */
  open(service: string, socket: Socket): void
  /**
   * Hands over a new access token of the same person, in-band, and gives the session's new expiry in seconds
   * since the epoch. One at a time.
   *
   * @throws UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_LOST when the relay ended the session instead
   */
  authenticate(accessToken: string): Promise<number>
  close(): void
}

/** What this client takes: streams of many browser tabs, each with a window that grows. */
const limits = { streams: 256, windowBytes: 262_144 }
const windowBudgetBytes = 33_554_432
const welcomeTimeoutMs = 15_000
const tickMs = 1000

/**
 * Connects to a relay; resolves once it has answered the hello.
 *
 * @throws RELAY_UNREACHABLE, OVERLOADED, DRAINING (a retry can help)
 * @throws RELAY_UNTRUSTED, NOT_A_RELAY, UNAUTHENTICATED, TOKEN_EXPIRED, VERSION_UNSUPPORTED, PROTOCOL_ERROR
 */
export async function openTunnel(options: TunnelOptions): Promise<Tunnel> {
  const carrier = await dialWebSocket(options)
  const welcome = await greet(carrier, options)
  return runSession(carrier, welcome)
}

function greet(carrier: ClientCarrier, options: TunnelOptions): Promise<Welcome> {
  const relay = new URL(options.carrierUrl).host
  return new Promise((resolve, reject) => {
    const fail = (error: JetwayError) => {
      clearTimeout(timer)
      carrier.close(error.code)
      reject(error)
    }
    const timer = setTimeout(
      () => fail(new JetwayError('RELAY_UNREACHABLE', { relay, reason: 'no answer in time' })),
      welcomeTimeoutMs,
    )
    carrier.listener = {
      onMessage(bytes) {
        try {
          const welcome = parseWelcome(parseMessage(bytes))
          clearTimeout(timer)
          resolve(welcome)
        } catch (error) {
          fail(error as JetwayError)
        }
      },
      onClose: (wire) => fail(closeReason(wire)),
    }
    carrier.send(
      encodeHello({
        versions: [protocolVersion],
        client: { name: 'jetway', version: options.version },
        services: options.services.map(({ name, origins }) => ({ name, origins: [...origins] })),
        limits,
      }),
      () => {},
    )
  })
}

function runSession(carrier: ClientCarrier, welcome: Welcome): Tunnel {
  let ended: (error: JetwayError) => void
  const closed = new Promise<JetwayError>((resolve) => {
    ended = resolve
  })
  let authenticating: { resolve(expires: number): void; reject(error: JetwayError): void } | null = null
  let goAway: JetwayError | null = null
  const session = new Session({
    side: 'client',
    local: limits,
    remote: welcome.limits,
    windowBudgetBytes,
    now: () => performance.now(),
    allocate: Buffer.allocUnsafe,
    listener: {
      onOutput: () => pump.wake(),
      onStream: (stream) => stream.reset('SERVICE_UNKNOWN'),
      onGoAway: (code) => {
        goAway = new JetwayError(code)
      },
      onAuthenticated: (expires) => {
        authenticating?.resolve(expires)
        authenticating = null
      },
      onClose: (error) => {
        clearInterval(timer)
        authenticating?.reject(error)
        carrier.close(error.code)
        ended(error)
      },
    },
  })
  const pump = new Pump(session, carrier, setImmediate)
  const timer = setInterval(() => session.tick(), tickMs)
  carrier.listener = {
    onMessage: (bytes) => session.receive(bytes),
    onClose: (wire) => session.close(goAway ?? closeReason(wire)),
  }
  return {
    welcome,
    closed,
    open(service, socket) {
      try {
        join(session.open(service), socket, setImmediate)
      } catch {
        socket.resetAndDestroy()
      }
    },
    authenticate(accessToken) {
      return new Promise((resolve, reject) => {
        if (session.isClosed) throw new JetwayError('SESSION_LOST')
        authenticating = { resolve, reject }
        session.authenticate(accessToken)
      })
    },
    close: () => session.close(new JetwayError('CLOSED')),
  }
}

function closeReason(wire: number | null): JetwayError {
  return new JetwayError(wire === null ? 'SESSION_LOST' : errorCodeOfWire(wire))
}
