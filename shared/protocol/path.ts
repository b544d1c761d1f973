/**
 * Bulk has so much in flight in any case, and begins with it: about twice what TCP does (ten segments, RFC 6928). More
 * would wait in the sender's own buffers until TCP has found out what the path carries, and what is urgent behind it.
 */
export const leastBulkBytes = 32_768
/** Beyond what the path holds, so that neither end's scheduling leaves it empty. */
const slackMs = 4
/** While the rate still grows, and afterwards: a quarter more than was delivered finds out what else there is. */
const startGain = 2
const steadyGain = 1.25
/** The rate has stopped growing when it did not by a quarter, so often in a row. */
const growth = 1.25
const stagnantSamples = 3
const keptRates = 8
/** Bulk that begins after so long begins slowly: TCP does so too (RFC 5681 §4.1), and who knows what the path is now. */
const restMs = 1000
/**
 * A round trip that was not seen again for so long is looked for anew, with queues drained for some samples: routes
 * change. So it is when it was far exceeded so often while bulk had next to nothing in flight.
 */
const staleMs = 10_000
const probeGain = 0.5
const probeSamples = 3
const exceededSamples = 4

/**
 * What a carrier's path carries, learned from acknowledgements: so that bulk keeps the path busy, and no more of it waits
 * in buffers on the way, where everything that is urgent would wait behind it. (The model is BBR's; the congestion itself
 * is the carrier's business.)
 */
export class Path {
  /** The path's own, without queues, and when it was last seen. */
  #leastRoundTripMs = Number.POSITIVE_INFINITY
  #leastAt: number | null = null
  /** Samples of a new look at it: how many are left, and the least of them. */
  #probesLeft = 0
  #probedRoundTripMs = Number.POSITIVE_INFINITY
  #exceeded = 0
  /** Bytes a millisecond, of the last samples. */
  readonly #rates: number[] = []
  #rate = 0
  #rateOfGrowth = 0
  #stagnant = 0
  /** When bulk was last under way. */
  #busyAt = 0

  /** From sending to acknowledgement, without queues, in milliseconds; 0 at first. */
  get roundTripMs(): number {
    return this.#leastAt === null ? 0 : this.#leastRoundTripMs
  }

  /** Bulk waits at `now` while so much is not acknowledged. */
  bulkLimitBytes(now: number): number {
    if (this.#rate === 0 || this.#hasRested(now)) return leastBulkBytes
    return Math.max(leastBulkBytes, this.#rate * (this.#gain * this.#leastRoundTripMs + slackMs))
  }

  /**
   * A message was acknowledged at `now`, `roundTripMs` after it left, and `bytes` were in between.
   *
   * @param isBusy whether bulk waits; otherwise this shows what was sent, not what the path carries
   */
  sampled(now: number, roundTripMs: number, bytes: number, isBusy: boolean): void {
    this.#learnRoundTrip(now, roundTripMs, isBusy)
    if (!isBusy && bytes < leastBulkBytes) return
    if (this.#hasRested(now)) this.#forgetRates()
    this.#busyAt = now
    const rate = bytes / Math.max(roundTripMs, 0.01)
    if (isBusy || rate > this.#rate) this.#learnRate(rate, isBusy)
  }

  get #gain(): number {
    if (this.#probesLeft > 0) return probeGain
    return this.#stagnant < stagnantSamples ? startGain : steadyGain
  }

  #hasRested(now: number): boolean {
    return now - this.#busyAt > Math.max(restMs, 4 * this.#leastRoundTripMs)
  }

  #learnRoundTrip(now: number, sample: number, isBusy: boolean): void {
    if (sample <= this.#leastRoundTripMs) {
      this.#leastRoundTripMs = sample
      this.#leastAt = now
      this.#probesLeft = 0
      this.#exceeded = 0
      return
    }
    const isFar = sample > 2 * this.#leastRoundTripMs + slackMs
    this.#exceeded = isFar && isBusy && this.bulkLimitBytes(now) === leastBulkBytes ? this.#exceeded + 1 : 0
    if (this.#exceeded === exceededSamples) {
      this.#leastRoundTripMs = sample
      this.#leastAt = now
      this.#exceeded = 0
      this.#stagnant = 0
    } else if (this.#probesLeft > 0) {
      this.#probedRoundTripMs = Math.min(this.#probedRoundTripMs, sample)
      this.#probesLeft -= 1
      if (this.#probesLeft > 0) return
      this.#leastRoundTripMs = this.#probedRoundTripMs
      this.#leastAt = now
    } else if (this.#leastAt !== null && now - this.#leastAt > staleMs) {
      this.#probesLeft = probeSamples
      this.#probedRoundTripMs = sample
    }
  }

  #learnRate(rate: number, isBusy: boolean): void {
    this.#rates.push(rate)
    if (this.#rates.length > keptRates) this.#rates.shift()
    this.#rate = Math.max(...this.#rates)
    if (rate >= this.#rateOfGrowth * growth) {
      this.#rateOfGrowth = rate
      this.#stagnant = 0
    } else if (isBusy) {
      this.#stagnant += 1
    }
  }

  #forgetRates(): void {
    this.#rates.length = 0
    this.#rate = 0
    this.#rateOfGrowth = 0
    this.#stagnant = 0
  }
}
