import { expect, test } from 'vitest'
import { End, fromHex, hex, limits, settle } from './pair.ts'

const pair = (local = limits, remote = limits) => {
  const clock = { now: 0 }
  return {
    clock,
    client: new End('client', clock, local, remote),
    relay: new End('relay', clock, remote, local),
  }
}

test('OPEN, data and FIN of one tick leave as one message of known bytes', () => {
  const { client } = pair()
  const { stream } = client.open('airflow')
  stream.write(Buffer.from('GET'))
  stream.end()
  expect(client.takeAll().map(hex)).toEqual([
    // FRAMES, no flags, seq 0 | OPEN+FIN, 11 bytes, stream 1 | 7 'airflow' 'GET'
    '1000000000000000000000000101000b00000001' + '07616972666c6f77' + '474554',
  ])
})

test('data without OPEN, WINDOW, RST and GOAWAY have known bytes', () => {
  const { client, relay } = pair()
  const { stream } = client.open('a')
  settle(client, relay)
  stream.write(Buffer.from('hi'))
  expect(client.takeAll().map(hex)).toEqual(['10000000000000000000000a' + '0200000200000001' + '6869'])
  relay.streams[0]?.stream.reset('STREAM_RESET')
  relay.session.goAway('DRAINING', 30_000)
  expect(relay.takeAll().map(hex)).toEqual([
    // acknowledges the 10 bytes of the OPEN
    '1001000000000000000000000' +
      '00000000000000a' +
      '0400000400000001' +
      '00000055' +
      '0500000c00000000' +
      '00000001' +
      '00000040' +
      '00007530',
  ])
})

test('a window is granted by absolute offset once half of it was consumed', () => {
  const { client, relay } = pair({ ...limits, windowBytes: 8192 }, { ...limits, windowBytes: 8192 })
  relay.autoConsume = false
  const { stream } = client.open('a')
  stream.write(new Uint8Array(40_000))
  for (const m of client.takeAll()) relay.session.receive(m)
  const received = relay.streams[0]
  expect(received?.bytes.length).toBe(8192)
  received?.stream.consumed(4095)
  expect(relay.takeAll()).toEqual([])
  received?.stream.consumed(1)
  const [window] = relay.takeAll()
  expect(hex(window as Uint8Array).slice(-32)).toBe('0300000800000001' + '0000000000003000')
  client.session.receive(window as Uint8Array)
  for (const m of client.takeAll()) relay.session.receive(m)
  expect(received?.bytes.length).toBe(12_288)
})

test('bytes arrive whole and in order whatever sizes they were written in', () => {
  const { client, relay } = pair()
  const sent = Buffer.alloc(700_000, 0)
  for (let i = 0; i < sent.length; i += 1) sent[i] = (i * 31 + (i >> 8)) & 255
  const { stream } = client.open('a')
  let at = 0
  for (let size = 1; at < sent.length; size = (size * 7) % 5003 || 1) {
    stream.write(sent.subarray(at, at + size))
    at += size
  }
  stream.end()
  settle(client, relay)
  expect(relay.streams[0]?.bytes.equals(sent)).toBe(true)
  expect(relay.streams[0]?.ended).toBe(true)
})

test('every split of a stream into two writes gives the same bytes', () => {
  const sent = Buffer.from('POST / HTTP/1.1\r\nhost: localhost:8080\r\ncontent-length: 2\r\n\r\n{}')
  for (let split = 0; split <= sent.length; split += 1) {
    const { client, relay } = pair()
    const { stream } = client.open('a')
    stream.write(sent.subarray(0, split))
    if (split % 2) settle(client, relay)
    stream.write(sent.subarray(split))
    stream.end()
    settle(client, relay)
    expect(relay.streams[0]?.bytes.toString()).toBe(sent.toString())
  }
})

test('half-close: an answer after the request’s FIN arrives, then both ends forget the stream', () => {
  const { client, relay } = pair()
  const request = client.open('a')
  request.stream.write(Buffer.from('question'))
  request.stream.end()
  settle(client, relay)
  const answer = relay.streams[0]
  expect(answer?.ended).toBe(true)
  expect(relay.session.streamCount).toBe(1)
  answer?.stream.write(Buffer.from('answer'))
  answer?.stream.end()
  settle(client, relay)
  expect(request.bytes.toString()).toBe('answer')
  expect(request.ended).toBe(true)
  expect([client.session.streamCount, relay.session.streamCount]).toEqual([0, 0])
})

test('RST ends both directions, and frames that crossed it do no harm', () => {
  const { client, relay } = pair()
  const a = client.open('a')
  settle(client, relay)
  relay.streams[0]?.stream.reset('SERVICE_UNKNOWN')
  a.stream.write(Buffer.from('late'))
  const late = client.takeAll()
  for (const m of relay.takeAll()) client.session.receive(m)
  for (const m of late) relay.session.receive(m)
  expect(a.resetCode).toBe('SERVICE_UNKNOWN')
  expect(relay.error).toBe(null)
  expect([client.session.streamCount, relay.session.streamCount]).toEqual([0, 0])
})

test('a stream that was reset before its OPEN left is never heard of', () => {
  const { client, relay } = pair()
  client.open('a').stream.reset('CLOSED')
  client.open('b').stream.write(Buffer.from('x'))
  settle(client, relay)
  expect(relay.streams.map((s) => [s.stream.id, s.stream.service])).toEqual([[3, 'b']])
})

test('write asks to wait at 256 KiB and says when there is room again', () => {
  const { client, relay } = pair()
  const first = client.open('a')
  expect(first.stream.write(new Uint8Array(262_143))).toBe(true)
  expect(first.drains).toBe(0)
  expect(first.stream.write(new Uint8Array(1))).toBe(false)
  settle(client, relay)
  expect(first.drains).toBe(1)
  const recorder = client.open('a')
  expect(recorder.stream.write(new Uint8Array(400_000))).toBe(false)
  settle(client, relay)
  expect(recorder.drains).toBe(1)
  expect(relay.streams[1]?.bytes.length).toBe(400_000)
})

test('a stalled stream does not hold up another', () => {
  const { client, relay } = pair()
  relay.autoConsume = false
  const stalled = client.open('a')
  stalled.stream.write(new Uint8Array(500_000))
  settle(client, relay)
  relay.autoConsume = true
  const lively = client.open('b')
  lively.stream.write(new Uint8Array(500_000))
  settle(client, relay)
  expect(relay.streams.map((s) => s.bytes.length)).toEqual([65_536, 500_000])
})

test('streams take turns inside a message', () => {
  const { client, relay } = pair()
  for (const name of ['a', 'b', 'c']) client.open(name).stream.write(new Uint8Array(60_000))
  relay.session.receive(client.session.take() as Uint8Array)
  const shares = relay.streams.map((s) => s.bytes.length)
  expect(shares).toHaveLength(3)
  for (const share of shares) expect(share).toBeGreaterThanOrEqual(4096)
})

test('at the limit of streams open() says so, and the relay refuses one more with RST', () => {
  const few = { ...limits, streams: 2 }
  const a = pair(limits, few)
  a.client.open('a')
  a.client.open('b')
  expect(() => a.client.open('c')).toThrow(expect.objectContaining({ code: 'TOO_MANY_STREAMS' }))

  // A client that does not keep to the relay's limit
  const clock = { now: 0 }
  const greedy = new End('client', clock, limits, limits)
  const relay = new End('relay', clock, few, limits)
  const opened = ['a', 'b', 'c'].map((name) => greedy.open(name))
  settle(greedy, relay)
  expect(opened.map((r) => r.resetCode)).toEqual([null, null, 'TOO_MANY_STREAMS'])
  expect(relay.error).toBe(null)
})

test('a peer that sends past its window ends the session', () => {
  const clock = { now: 0 }
  const greedy = new End('client', clock, limits, { ...limits, windowBytes: 1_000_000 })
  const relay = new End('relay', clock, limits, limits)
  relay.autoConsume = false
  const { stream } = greedy.open('a')
  stream.write(new Uint8Array(65_536))
  settle(greedy, relay)
  expect(relay.streams[0]?.bytes.length).toBe(65_536)
  expect(relay.error).toBe(null)
  stream.write(new Uint8Array(1))
  settle(greedy, relay)
  expect(relay.error?.code).toBe('FLOW_CONTROL')
  expect(relay.streams[0]?.resetCode).toBe('FLOW_CONTROL')
})

test('after GOAWAY no stream opens, and old ones finish', () => {
  const { client, relay } = pair()
  const old = client.open('a')
  settle(client, relay)
  relay.session.goAway('DRAINING', 5_000)
  settle(client, relay)
  expect(client.goAways).toEqual([{ code: 'DRAINING', deadlineMs: 5_000 }])
  expect(() => client.open('b')).toThrow(expect.objectContaining({ code: 'DRAINING' }))
  relay.streams[0]?.stream.write(Buffer.from('still here'))
  settle(client, relay)
  expect(old.bytes.toString()).toBe('still here')
})

test('an OPEN that crossed the GOAWAY is refused with RST', () => {
  const { client, relay } = pair()
  relay.session.goAway('DRAINING', 5_000)
  const late = client.open('a')
  settle(client, relay)
  expect(late.resetCode).toBe('DRAINING')
})

test('AUTH and AUTH_OK have known bytes and reach the other end', () => {
  const { client, relay } = pair()
  client.session.authenticate('tok')
  const [auth] = client.takeAll()
  expect(hex(auth as Uint8Array)).toBe('140000000000000000000000' + '746f6b')
  relay.session.receive(auth as Uint8Array)
  expect(relay.auths).toEqual(['tok'])
  relay.session.authenticated(1_800_000_000)
  const [ok] = relay.takeAll()
  expect(hex(ok as Uint8Array)).toBe('15000000' + '000000006b49d200')
  client.session.receive(ok as Uint8Array)
  expect(client.expiries).toEqual([1_800_000_000])
})

test('64 KiB received without anything to send are acknowledged by an ACK of their own', () => {
  const { client, relay } = pair()
  relay.autoConsume = false
  client.open('a').stream.write(new Uint8Array(65_536))
  for (const m of client.takeAll()) relay.session.receive(m)
  const [ack] = relay.takeAll()
  expect(hex(ack as Uint8Array)).toMatch(/^11000000/)
})

test('silence is asked about after 5 s, suspect after one more, death after five', () => {
  const { clock, client, relay } = pair()
  clock.now = 4999
  expect(client.session.tick()).toBe('fine')
  expect(client.takeAll()).toEqual([])
  clock.now = 5000
  expect(client.session.tick()).toBe('ping')
  const [ping] = client.takeAll()
  expect(hex(ping as Uint8Array)).toBe('120000000000000000000000' + '0000000000000001')
  clock.now = 5040
  relay.session.receive(ping as Uint8Array)
  for (const m of relay.takeAll()) client.session.receive(m)
  expect(client.session.roundTripMs).toBe(40)
  clock.now = 10_040
  expect(client.session.tick()).toBe('ping')
  for (const [at, verdict] of [
    [11_039, 'fine'],
    [11_040, 'suspect'],
    [15_039, 'suspect'],
    [15_040, 'dead'],
  ] as const) {
    clock.now = at
    expect(client.session.tick()).toBe(verdict)
  }
})

test('what is owed an answer is asked about after a second', () => {
  const { clock, client } = pair()
  client.open('a').stream.write(Buffer.from('GET'))
  client.takeAll()
  clock.now = 999
  expect(client.session.tick()).toBe('fine')
  clock.now = 1000
  expect(client.session.tick()).toBe('ping')
})

test('data that flow are life, even when no PONG comes', () => {
  const { clock, client, relay } = pair()
  relay.session.open('back').write(new Uint8Array(60_000))
  const data = relay.takeAll()
  clock.now = 5000
  client.session.tick()
  client.takeAll()
  clock.now = 9999
  for (const m of data) client.session.receive(m)
  clock.now = 10_998
  expect(client.session.tick()).toBe('fine')
})

test('when what flowed stops, that is asked about once after a second, then as any silence', () => {
  const { clock, client, relay } = pair()
  relay.session.open('back').write(Buffer.from('x'))
  settle(client, relay)
  clock.now = 20
  settle(client, relay)
  for (const at of [1000, 6000]) {
    clock.now = at - 1
    expect(client.session.tick()).toBe('fine')
    clock.now = at
    expect(client.session.tick()).toBe('ping')
    settle(client, relay)
  }
})

test('a slow path is given four round trips', () => {
  const { clock, client, relay } = pair()
  clock.now = 5000
  client.session.tick()
  const [ping] = client.takeAll()
  clock.now = 8000
  relay.session.receive(ping as Uint8Array)
  for (const m of relay.takeAll()) client.session.receive(m)
  clock.now = 13_000
  expect(client.session.tick()).toBe('ping')
  clock.now = 24_999
  expect(client.session.tick()).toBe('fine')
  clock.now = 25_000
  expect(client.session.tick()).toBe('dead')
})

test('a probe asks at once', () => {
  const { clock, client } = pair()
  client.session.probe()
  expect(client.takeAll().map((m) => m[0])).toEqual([0x12])
  clock.now = 1000
  expect(client.session.tick()).toBe('suspect')
})

test.each([
  ['a gap in the sequence', '100000000000000000000001 0200000100000001 41'],
  ['DATA for a stream never opened', '100000000000000000000000 0200000100000001 41'],
  ['an even stream id from the client', '100000000000000000000000 0100000200000002 0161'],
  ['an ACK for what was never sent', '110000000000000000000001'],
  ['a second hello', '0100000000000000000000007b7d'],
  ['AUTH_OK from the client', '150000000000000000000001'],
])('the relay ends the session on %s', (_, bytes) => {
  const { relay } = pair()
  relay.session.receive(fromHex(bytes))
  expect(relay.error?.code).toBe('PROTOCOL_ERROR')
})

test('a stream id is never used twice', () => {
  const { relay } = pair()
  relay.session.receive(fromHex('100000000000000000000000 0101000200000001 0161'))
  relay.session.receive(fromHex('10000000000000000000000a 0101000200000001 0161'))
  expect(relay.error?.code).toBe('PROTOCOL_ERROR')
})

test('a batch with one bad frame has no effect at all', () => {
  const { relay } = pair()
  relay.session.receive(fromHex('100000000000000000000000 0100000200000001 0161 0900000000000001'))
  expect(relay.error?.code).toBe('PROTOCOL_ERROR')
  expect(relay.streams).toEqual([])
})

test('close resets every stream once and says why', () => {
  const { client, relay } = pair()
  const a = client.open('a')
  settle(client, relay)
  relay.session.receive(fromHex('ff'))
  expect(relay.streams[0]?.resetCode).toBe('PROTOCOL_ERROR')
  client.session.receive(fromHex('00'))
  expect(a.resetCode).toBe('PROTOCOL_ERROR')
  expect(() => client.open('b')).toThrow(expect.objectContaining({ code: 'CLOSED' }))
})
