import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { Phase } from '#shared/ipc/phase.ts'
import type { TrafficSample } from '#shared/ipc/traffic.ts'
import { Card } from '../components/card.tsx'
import { Chart } from '../components/chart.tsx'
import { byteRate, roundTrip } from '../format.ts'
import { useTraffic } from '../use-traffic.ts'

interface ConnectionProps {
  readonly environment: EnvironmentStatus
  readonly phase: Phase
  /** Of Jetway. */
  readonly version: string
}

/** How the tunnel does, in the last minute. */
export function Connection({ environment, phase, version }: ConnectionProps) {
  const isOpen = phase === 'connected' || (phase === 'reconnecting' && environment.state === 'reconnecting')
  const samples = useTraffic(environment.name, isOpen)
  if (!isOpen) return null
  return (
    <Card title="Connection" aside={<Versions own={version} relay={environment.relayVersion} />}>
      <div className="charts">
        <RoundTrip samples={samples} />
        <Throughput samples={samples} />
      </div>
    </Card>
  )
}

interface VersionsProps {
  readonly own: string
  /** Null where it is not known. */
  readonly relay: string | null
}

function Versions({ own, relay }: VersionsProps) {
  return (
    <p className="second">
      Jetway {own}
      {relay !== null && ` · relay ${relay}`}
    </p>
  )
}

interface SamplesProps {
  readonly samples: readonly TrafficSample[]
}

function RoundTrip({ samples }: SamplesProps) {
  const points = samples.map(({ roundTripMs }) => roundTripMs)
  const known = points.filter((ms) => ms !== null)
  const last = points.at(-1) ?? null
  const now = last === null ? '–' : roundTrip(last)
  const range =
    known.length === 0
      ? ''
      : `, in the last minute between ${roundTrip(Math.min(...known))} and ${roundTrip(Math.max(...known))}`
  return (
    <figure className="chart-figure">
      <figcaption>
        <span className="second">Round trip</span>
        <span className="figure">{now}</span>
      </figcaption>
      <Chart
        label={last === null ? 'No round trip is known' : `Round trip ${now}${range}`}
        lines={[{ tone: 'first', points }]}
        atLeast={20}
      />
    </figure>
  )
}

function Throughput({ samples }: SamplesProps) {
  const last = samples.at(-1)
  const received = byteRate(last?.receivedBytesPerSecond ?? 0)
  const sent = byteRate(last?.sentBytesPerSecond ?? 0)
  const most = Math.max(0, ...samples.map(({ receivedBytesPerSecond }) => receivedBytesPerSecond))
  return (
    <figure className="chart-figure">
      <figcaption>
        <span className="second">Throughput</span>
        <span className="figure">
          <span className="key first" aria-hidden="true" />
          <span>
            {received} <span className="second">in</span>
          </span>
          <span className="key second" aria-hidden="true" />
          <span>
            {sent} <span className="second">out</span>
          </span>
        </span>
      </figcaption>
      <Chart
        label={`Received ${received}, sent ${sent}; at most ${byteRate(most)} received in the last minute`}
        lines={[
          { tone: 'first', points: samples.map((sample) => sample.receivedBytesPerSecond) },
          { tone: 'second', points: samples.map((sample) => sample.sentBytesPerSecond) },
        ]}
        atLeast={10_000}
      />
    </figure>
  )
}
