import { expect, test } from 'vitest'
import { maxUnackedBytes } from '#shared/protocol/sequence.ts'
import { halfClosedMs } from '#shared/protocol/streams.ts'
import { End, hex, limits, settle } from './pair.ts'

const pair = (local = limits) => {
  const clock = { now: 0 }
  return { clock, client: new End('client', clock, limits, local), relay: new End('relay', clock, local) }
}

/** Another carrier; each side is told what the other has. */
function reconnect({ client, relay }: { client: End; relay: End }): void {
  client.session.detach()
  relay.session.detach()
  const [received, peerReceived] = [client.session.receivedBytes, relay.session.receivedBytes]
  client.session.attach(peerReceived)
  relay.session.attach(received)
}

test('what a carrier lost goes out again, byte for byte, and what arrived does not', () => {
  const { client, relay } = pair()
  const { stream } = client.open('a')
  stream.write(Buffer.from('arrives '))
  for (const m of client.takeAll()) relay.session.receive(m)
  stream.write(Buffer.from('is lost '))
  const [lost] = client.takeAll()
  stream.write(Buffer.from('was never sent'))
  stream.end()
  reconnect({ client, relay })
  const [again, ...rest] = client.takeAll()
  expect(hex(again as Uint8Array)).toBe(hex(lost as Uint8Array))
  for (const m of [again as Uint8Array, ...rest]) relay.session.receive(m)
  expect(relay.streams.map((s) => [s.bytes.toString(), s.ended])).toEqual([
    ['arrives is lost was never sent', true],
  ])
})

test('a carrier that breaks again and again loses nothing either', () => {
  const { client, relay } = pair()
  const { stream } = client.open('a')
  stream.write(Buffer.from('once'))
  for (let i = 0; i < 5; i += 1) {
    expect(client.takeAll()).toHaveLength(1)
    reconnect({ client, relay })
  }
  settle(client, relay)
  expect(relay.streams.map((s) => s.bytes.toString())).toEqual(['once'])
})

test('OPEN, FIN, RST, WINDOW and GOAWAY are exactly-once too', () => {
  const { client, relay } = pair()
  const half = client.open('half')
  half.stream.end()
  const cut = client.open('cut')
  client.takeAll()
  cut.stream.reset('CLOSED')
  client.takeAll()
  reconnect({ client, relay })
  settle(client, relay)
  relay.session.goAway('DRAINING', 1000)
  relay.takeAll()
  reconnect({ client, relay })
  settle(client, relay)
  expect(relay.streams.map((s) => [s.stream.service, s.ended, s.resetCode])).toEqual([
    ['half', true, null],
    ['cut', false, 'CLOSED'],
  ])
  expect(client.goAways).toEqual([{ code: 'DRAINING', deadlineMs: 1000 }])
})

test.each([
  ['more than was sent', 1000],
  ['the middle of a message', 3],
  ['less than it had acknowledged', 0],
])('a peer that says it has %s ends the session', (_what, received) => {
  const { clock, client, relay } = pair()
  client.open('a').stream.write(Buffer.from('x'))
  settle(client, relay)
  clock.now += 20
  settle(client, relay)
  expect(client.session.unackedBytes).toBe(0)
  client.open('b').stream.write(Buffer.from('y'))
  client.takeAll()
  client.session.detach()
  expect(() => client.session.attach(received)).toThrow(expect.objectContaining({ code: 'SESSION_LOST' }))
})

test('without a carrier nothing is taken, and streams wait', () => {
  const { client, relay } = pair()
  client.session.detach()
  client.open('a').stream.write(Buffer.from('later'))
  expect(client.takeAll()).toEqual([])
  client.session.receive(new Uint8Array([0xff]))
  expect(client.error).toBe(null)
  client.session.attach(0)
  settle(client, relay)
  expect(relay.streams[0]?.bytes.toString()).toBe('later')
})

test('at the limit of unacknowledged bytes nothing new goes out until the peer acknowledges', () => {
  const wide = { ...limits, windowBytes: 16_777_216 }
  const { clock, client, relay } = pair(wide)
  const { stream } = client.open('a')
  const first: Uint8Array[] = []
  // Bulk waits for acknowledgements earlier; this is a little now and then.
  for (let i = 0; i < 400; i += 1) {
    stream.write(new Uint8Array(30_000))
    clock.now += 1000
    first.push(...client.takeAll())
  }
  expect(client.session.unackedBytes).toBeGreaterThanOrEqual(maxUnackedBytes)
  expect(client.session.unackedBytes).toBeLessThan(maxUnackedBytes + 65_536)
  for (const m of first) relay.session.receive(m)
  settle(client, relay)
  expect(relay.streams[0]?.bytes.length).toBe(12_000_000)
})

test('both sides full of unacknowledged bytes go on', () => {
  const wide = { ...limits, windowBytes: 16_777_216 }
  const clock = { now: 0 }
  const [client, relay] = [new End('client', clock, wide, wide), new End('relay', clock, wide, wide)]
  const there = client.open('a')
  settle(client, relay)
  const back = relay.streams[0]
  there.stream.write(new Uint8Array(10_000_000))
  back?.stream.write(new Uint8Array(10_000_000))
  const [a, b] = [client.takeAll(), relay.takeAll()]
  for (const m of b) client.session.receive(m)
  for (const m of a) relay.session.receive(m)
  settle(client, relay)
  expect([there.bytes.length, back?.bytes.length]).toEqual([10_000_000, 10_000_000])
})

test('an acknowledgement leaves by itself after 20 ms, and not before', () => {
  const { clock, client, relay } = pair()
  client.open('a').stream.write(Buffer.from('x'))
  for (const m of client.takeAll()) relay.session.receive(m)
  expect([relay.takeAll(), relay.session.wakeAt]).toEqual([[], 20])
  clock.now = 20
  expect(relay.takeAll().map(hex)).toEqual([`11000000${'000000000000000b'}`])
  expect(relay.session.wakeAt).toBe(null)
})

test('opens are paced: as many as the peer allows in a second, then one at a time', () => {
  const slow = { ...limits, streams: 100, opensPerSecond: 10 }
  const clock = { now: 0 }
  const [client, relay] = [new End('client', clock, slow, slow), new End('relay', clock, slow, slow)]
  for (let i = 0; i < 12; i += 1) client.open('a')
  settle(client, relay)
  expect([relay.streams.length, client.session.wakeAt]).toEqual([10, 100])
  clock.now = 100
  settle(client, relay)
  expect(relay.streams.length).toBe(11)
  clock.now = 200
  settle(client, relay)
  expect(relay.streams.length).toBe(12)
})

test('a peer that opens faster than it may is refused the rest', () => {
  const strict = { ...limits, streams: 5, opensPerSecond: 10 }
  const hasty = { ...limits, streams: 5, opensPerSecond: 65_535 }
  const clock = { now: 0 }
  const [client, relay] = [new End('client', clock, hasty, hasty), new End('relay', clock, strict, hasty)]
  const codes = []
  for (let i = 0; i < 16; i += 1) {
    const opened = client.open('a')
    settle(client, relay)
    codes.push(opened.resetCode)
    opened.stream.reset('CLOSED')
    settle(client, relay)
  }
  // 10 a second, and as many as a stalled carrier may bring at once
  expect(codes).toEqual([...Array(15).fill(null), 'OVERLOADED'])
})

test('a half-closed stream in which nothing moves is given up after five minutes', () => {
  const { clock, client, relay } = pair()
  const request = client.open('a')
  request.stream.end()
  settle(client, relay)
  clock.now = halfClosedMs - 1
  relay.streams[0]?.stream.write(Buffer.from('it moves'))
  settle(client, relay)
  clock.now = 2 * halfClosedMs - 2
  client.session.tick()
  expect(request.resetCode).toBe(null)
  clock.now = 2 * halfClosedMs - 1
  client.session.tick()
  expect(request.resetCode).toBe('STREAM_RESET')
  settle(client, relay)
  expect(relay.streams[0]?.resetCode).toBe('STREAM_RESET')
})

test('a peer that asks and never reads the answers is cut', () => {
  const { relay } = pair()
  const ping = new Uint8Array(20)
  ping[0] = 0x12
  for (let i = 0; i < 4096; i += 1) relay.session.receive(ping)
  expect(relay.error).toBe(null)
  relay.session.receive(ping)
  expect(relay.error?.code).toBe('FLOW_CONTROL')
})

test('small streams go ahead of bulk, and never starve it', () => {
  const wide = { ...limits, windowBytes: 16_777_216 }
  const { client, relay } = pair(wide)
  const bulk = client.open('bulk')
  bulk.stream.write(new Uint8Array(2_000_000))
  relay.session.receive(client.session.take() as Uint8Array)
  const small = client.open('small')
  small.stream.write(Buffer.from('now'))
  relay.session.receive(client.session.take() as Uint8Array)
  expect(relay.streams[1]?.bytes.toString()).toBe('now')
  const many = Array.from({ length: 6 }, (_, i) => client.open(`s${i}`))
  const before = relay.streams[0]?.bytes.length ?? 0
  for (let i = 0; i < 8; i += 1) {
    for (const { stream } of many) stream.write(new Uint8Array(30_000))
    relay.session.receive(client.session.take() as Uint8Array)
    for (const answer of relay.takeAll()) client.session.receive(answer)
  }
  expect(relay.streams[0]?.bytes.length).toBeGreaterThan(before + 16_000)
})

test.each([
  [9, 16_376],
  [10, 8184],
])('over a round trip of %i ms a message has at most %i bytes', (roundTripMs, bytes) => {
  const { clock, client, relay } = pair({ ...limits, windowBytes: 16_777_216 })
  const { stream } = client.open('bulk')
  stream.write(new Uint8Array(100_000))
  const sent = client.takeAll()
  clock.now += roundTripMs
  for (const message of sent) relay.session.receive(message)
  for (const ack of relay.takeAll()) client.session.receive(ack)
  stream.write(new Uint8Array(100_000))
  const longest = Math.max(...client.takeAll().map(({ length }) => length))
  // Without the acknowledgement that it has room for
  expect(longest).toBe(bytes - 8)
})
