import { expect, test } from 'vitest'
import { Liveness } from '#shared/protocol/liveness.ts'
import { parseMessage } from '#shared/protocol/message.ts'

const echoOf = (ping: Uint8Array | null) => parseMessage(ping ?? new Uint8Array()).payload

test('a PING that measures gives the round trip, and its silence means nothing', () => {
  const liveness = new Liveness(0)
  const ping = liveness.measure(0)
  expect(liveness.measure(1)).toBeNull()
  for (let now = 0; now < 5000; now += 500) expect(liveness.check(now, false)).toBe('fine')
  liveness.heard(40)
  liveness.pong(echoOf(ping), 40)
  expect(liveness.roundTripMs).toBe(40)
  // It answers once.
  liveness.pong(echoOf(ping), 4000)
  expect(liveness.roundTripMs).toBe(40)
})

test('both kinds of PING are told apart, in whatever order they are answered', () => {
  const liveness = new Liveness(0)
  const asked = liveness.ask(0)
  const measured = liveness.measure(10)
  liveness.pong(echoOf(measured), 110)
  expect(liveness.roundTripMs).toBe(100)
  liveness.pong(echoOf(asked), 100)
  expect(liveness.roundTripMs).toBe(100)
  expect(liveness.check(200, false)).toBe('fine')
})

test('another carrier is measured anew', () => {
  const liveness = new Liveness(0)
  const old = liveness.measure(0)
  liveness.restart(100)
  liveness.pong(echoOf(old), 110)
  expect(liveness.roundTripMs).toBeNull()
  const ping = liveness.measure(200)
  liveness.pong(echoOf(ping), 230)
  expect(liveness.roundTripMs).toBe(30)
})
