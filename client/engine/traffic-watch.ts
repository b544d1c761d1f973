import type { TrafficSample } from '#shared/ipc/traffic.ts'
import { scheduler as real } from '../scheduler.ts'
import type { Traffic, Tunnel } from '../tunnel.ts'
import type { Watch } from './watches.ts'

type Measured = Pick<Tunnel, 'traffic' | 'measure'>

const everyMs = 1000
const keptSamples = 60

/** How an environment's tunnels do, once a second for as long as someone watches. */
export class TrafficWatch {
  readonly #scheduler: typeof real
  /** Each with what had gone through it when it was looked at last. The last one is the one for new connections. */
  readonly #tunnels = new Map<Measured, Traffic>()
  readonly #watchers = new Set<(sample: TrafficSample) => void>()
  #recent: TrafficSample[] = []
  #at = 0
  #cancel: (() => void) | null = null

  constructor(scheduler = real) {
    this.#scheduler = scheduler
  }

  attach(tunnel: Measured): void {
    this.#tunnels.set(tunnel, tunnel.traffic)
  }

  /** It is over. */
  detach(tunnel: Measured): void {
    this.#tunnels.delete(tunnel)
  }

  /** `recent` is the last minute, for as much of it as someone watched. */
  watch(tell: (sample: TrafficSample) => void): Watch<readonly TrafficSample[]> {
    // One function may watch twice.
    const watcher = (sample: TrafficSample) => tell(sample)
    this.#watchers.add(watcher)
    if (this.#cancel === null) this.#start()
    const end = () => {
      this.#watchers.delete(watcher)
      if (this.#watchers.size > 0) return
      this.#cancel?.()
      this.#cancel = null
      this.#recent = []
    }
    return { recent: Promise.resolve([...this.#recent]), end }
  }

  #start(): void {
    for (const tunnel of this.#tunnels.keys()) {
      tunnel.measure()
      this.#tunnels.set(tunnel, tunnel.traffic)
    }
    this.#at = this.#scheduler.now()
    this.#later()
  }

  #later(): void {
    this.#cancel = this.#scheduler.after(everyMs, () => {
      this.#later()
      const sample = this.#sample()
      this.#recent = [...this.#recent, sample].slice(-keptSamples)
      for (const watcher of this.#watchers) watcher(sample)
    })
  }

  #sample(): TrafficSample {
    const now = this.#scheduler.now()
    const seconds = (now - this.#at) / 1000
    this.#at = now
    const sum = { received: 0, sent: 0, streams: 0 }
    let roundTripMs: number | null = null
    for (const [tunnel, before] of this.#tunnels) {
      const { traffic } = tunnel
      this.#tunnels.set(tunnel, traffic)
      sum.received += traffic.receivedBytes - before.receivedBytes
      sum.sent += traffic.sentBytes - before.sentBytes
      sum.streams += traffic.openStreams
      roundTripMs = traffic.roundTripMs
      tunnel.measure()
    }
    return {
      time: new Date().toISOString(),
      roundTripMs,
      receivedBytesPerSecond: Math.round(sum.received / seconds),
      sentBytesPerSecond: Math.round(sum.sent / seconds),
      openStreams: sum.streams,
    }
  }
}
