import { useEffect, useState } from 'react'
import type { TrafficSample } from '#shared/ipc/traffic.ts'

/** A minute. */
export const trafficSamples = 60

/** After so many seconds in which nothing went through, what comes is shown every few seconds only: little moves then. */
const [calmAfter, calmSteps] = [10, 5]

/**
 * How the tunnel does, oldest first, a sample a second while `isOn` and the window is seen; empty otherwise.
 */
export function useTraffic(environment: string, isOn: boolean): readonly TrafficSample[] {
  const [samples, setSamples] = useState<readonly TrafficSample[]>([])
  const isSeen = useIsSeen()
  useEffect(() => {
    setSamples([])
    if (!isOn || !isSeen) return
    const of = { environment }
    let ended = false
    let calmFor = 0
    let waiting: TrafficSample[] = []
    const add = (more: readonly TrafficSample[]): void =>
      setSamples((known) => inOrder([...known, ...more]).slice(-trafficSamples))
    const end = window.jetway.onTraffic((told) => {
      if (told.environment !== environment) return
      waiting.push(told.sample)
      calmFor = isCalm(told.sample) ? calmFor + 1 : 0
      if (calmFor > calmAfter && calmFor % calmSteps !== 0) return
      add(waiting)
      waiting = []
    })
    void window.jetway.watchTraffic(of).then((answer) => {
      if (answer.ok && !ended) add(answer.value)
    })
    return () => {
      ended = true
      end()
      void window.jetway.unwatchTraffic(of)
    }
  }, [environment, isOn, isSeen])
  return samples
}

function isCalm({ roundTripMs, receivedBytesPerSecond, sentBytesPerSecond }: TrafficSample): boolean {
  return roundTripMs !== null && receivedBytesPerSecond === 0 && sentBytesPerSecond === 0
}

/** The answer and the first news may have crossed. */
function inOrder(samples: readonly TrafficSample[]): readonly TrafficSample[] {
  const byTime = new Map(samples.map((sample) => [sample.time, sample]))
  return [...byTime.values()].sort((a, b) => (a.time < b.time ? -1 : 1))
}

function useIsSeen(): boolean {
  const [isSeen, setSeen] = useState(() => document.visibilityState === 'visible')
  useEffect(() => {
    const look = (): void => setSeen(document.visibilityState === 'visible')
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return isSeen
}
