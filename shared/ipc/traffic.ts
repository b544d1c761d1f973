/** How a tunnel does, once a second for as long as someone looks. */
export interface TrafficSample {
  /** ISO 8601. */
  readonly time: string
  /** Of the tunnel's own PING, in milliseconds; null while there is no carrier. */
  readonly roundTripMs: number | null
  readonly receivedBytesPerSecond: number
  readonly sentBytesPerSecond: number
  readonly openStreams: number
}
