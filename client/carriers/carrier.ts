import type { ErrorCode } from '#shared/errors/table.ts'
import type { Carrier } from '#shared/protocol/pump.ts'

export interface CarrierListener {
  onMessage(message: Uint8Array): void
  /** Called once. `code` is what the relay closed with; null when the carrier broke without a word. */
  onClose(code: ErrorCode | null): void
}

/** The client's end of a carrier. */
export interface ClientCarrier extends Carrier {
  /** One listener, to be set once. What came before is told to it at once. */
  listen(listener: CarrierListener): void
  /** Says why, then ends. */
  close(code: ErrorCode): void
  /** Ends at once, without a word. */
  terminate(): void
}

/**
 * Opens a carrier to a relay, authenticated, however long that takes.
 *
 * @param first gives the carrier's first message; called once, when the relay is at hand
 * @param everyMs try another connection beside one that has not answered for so long
 * @throws RELAY_UNREACHABLE, OVERLOADED, DRAINING (a retry can help)
 * @throws RELAY_UNTRUSTED, NOT_A_RELAY, UNAUTHENTICATED, TOKEN_EXPIRED, VERSION_UNSUPPORTED
 */
export type Dial = (o: {
  first: () => Uint8Array
  everyMs: number
  signal: AbortSignal
}) => Promise<ClientCarrier>
