import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../identity/principal.ts'
import type { ConnectDecision, Decision } from '../policy/decision.ts'
import type { ConfFacts } from '../policy/request.ts'
import type { TunnelSession } from '../tunnel-session.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { HeaderEdits } from './header-edits.ts'

/** A listener for those whom a balancer has signed in. */
export interface Entrance {
  /** Its name in `identity.signedHeaders`. */
  readonly name: string
  /** The origin under which people know it. */
  readonly publicOrigin: string
  /** Which entry of X-Forwarded-For is the caller's address, from the right; 0 for none. */
  readonly forwardedFor: number
}

/** One request on its way through the chain, and what the handlers found out about it. */
export interface Exchange {
  /** Also the X-Request-Id of the response, and the id in log and audit. */
  readonly id: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The raw connection of a request to upgrade it; null otherwise. */
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | null
  /** What the parser found wrong with it; null where it could be read. */
  readonly fault: JetwayError | null
  /** The session it came through; null for direct HTTP. */
  readonly tunnel: TunnelSession | null
  /** The balancer's listener that it came by; null through a tunnel, and on the relay's own port. */
  readonly entrance: Entrance | null
  /** IP address of the peer, or of whom its balancer names; empty where it is not known. */
  readonly address: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** The name of the service that was asked; null until it is known. */
  serviceName: string | null
  upstream: Upstream | null
  principal: Principal | null
  /** Someone asks for an access token: recorded also where it stays unknown who. */
  signsIn: boolean
  /** What its path asks for. */
  resolved: ResolvedOperation | null
  /** All that it touches, as path, query and body say; empty until it is known. */
  touched: readonly ResolvedOperation[]
  decision: Decision | ConnectDecision | null
  /** The request for access that was approved and without which it would not be allowed. */
  approval: string | null
  /** A body that had to be read to decide or to record; it is what is forwarded. */
  body: Buffer | null
  confDigest: string | null
  /** Of a trigger; null until its body has been read. */
  conf: ConfFacts | null
  /** The most that the body may have, in bytes. */
  maxBodyBytes: number
  /** Why it is done, in the person's words. */
  reason: string | null
  /** What filters change about headers. */
  edits: HeaderEdits | null
  /** Where it is, or was last: what can take its time. */
  stage: 'authenticate' | 'queue' | 'body' | 'upstream'
  /** A person waits in a browser, whatever the method: errors are pages. */
  inBrowser: boolean
  /** The run that a trigger made or named. */
  runId: string | null
  /** Body bytes taken from the person and sent to them. */
  receivedBytes: number
  sentBytes: number
  /** Why it did not complete. */
  error: JetwayError | null
}

/**
 * Answers true: I complete this response. Answers false: I have not touched it.
 * (The contract of Jetty's handlers.) Errors are thrown, as early as they are known.
 */
export type Handle = (exchange: Exchange) => boolean | Promise<boolean>

/** One step of the chain: looks at the exchange, then passes it on or not. */
export type Handler = (next: Handle) => Handle

/** Joins handlers, first one outermost, into one frozen function. */
export function chain(handlers: readonly Handler[]): Handle {
  return handlers.reduceRight<Handle>(
    (next, handler) => handler(next),
    () => false,
  )
}
