import { expect, test } from 'vitest'
import { TrafficWatch } from '#client/engine/traffic-watch.ts'
import type { TrafficSample } from '#shared/ipc/traffic.ts'
import { clock } from '../../../support/clock.ts'

function tunnelWith(traffic: { receivedBytes: number; sentBytes: number }) {
  let measured = 0
  return {
    traffic: { ...traffic, openStreams: 2, roundTripMs: 25 as number | null },
    measure() {
      measured += 1
    },
    get measured() {
      return measured
    },
  }
}

test('rates are of the time that passed, sums of all tunnels, and the round trip is of the last', () => {
  const { scheduler, pass } = clock()
  const watch = new TrafficWatch(scheduler)
  const old = tunnelWith({ receivedBytes: 5000, sentBytes: 5000 })
  watch.attach(old)
  const samples: TrafficSample[] = []
  watch.watch((sample) => samples.push(sample))
  const next = tunnelWith({ receivedBytes: 0, sentBytes: 0 })
  next.traffic.roundTripMs = null
  watch.attach(next)
  old.traffic = { ...old.traffic, receivedBytes: 7000 }
  next.traffic = { ...next.traffic, receivedBytes: 1000, sentBytes: 500 }
  pass(2000)
  expect(samples).toMatchObject([
    { receivedBytesPerSecond: 1500, sentBytesPerSecond: 250, openStreams: 4, roundTripMs: null },
  ])
  watch.detach(old)
  next.traffic = { ...next.traffic, roundTripMs: 30 }
  pass(1000)
  expect(samples[1]).toMatchObject({ receivedBytesPerSecond: 0, openStreams: 2, roundTripMs: 30 })
  expect(next.measured).toBeGreaterThan(0)
})

test('the last minute is kept while someone watches, and nothing is done when nobody does', async () => {
  const { scheduler, pass, due } = clock()
  const watch = new TrafficWatch(scheduler)
  const tunnel = tunnelWith({ receivedBytes: 0, sentBytes: 0 })
  watch.attach(tunnel)
  expect(due).toEqual([])
  const tell = () => {}
  const first = watch.watch(tell)
  for (let i = 0; i < 61; i += 1) pass(1000)
  const second = watch.watch(tell)
  expect(await second.recent).toHaveLength(60)
  first.end()
  first.end()
  pass(1000)
  expect(due).toHaveLength(1)
  second.end()
  expect(due).toEqual([])
  const { measured } = tunnel
  pass(5000)
  expect(tunnel.measured).toBe(measured)
  expect(await watch.watch(tell).recent).toEqual([])
})
