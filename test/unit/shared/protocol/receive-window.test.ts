import { expect, test } from 'vitest'
import { maxWindowBytes, ReceiveWindow } from '#shared/protocol/receive-window.ts'

function pool(budget: number) {
  return {
    time: 0,
    roundTripMs: 100,
    left: budget,
    now() {
      return this.time
    },
    take(bytes: number) {
      const taken = Math.min(bytes, this.left)
      this.left -= taken
      return taken
    },
    give(bytes: number) {
      this.left += bytes
    },
  }
}

/** A peer that sends all it may and a consumer that takes it, `everyMs` a window. */
function flow(window: ReceiveWindow, p: ReturnType<typeof pool>, rounds: number, everyMs: number): number {
  let limit = 65_536
  let sent = 0
  for (let i = 0; i < rounds; i += 1) {
    const bytes = limit - sent
    expect(window.receive(bytes)).toBe(true)
    sent = limit
    p.time += everyMs
    expect(window.consume(bytes)).toBe(true)
    limit = window.grant()
  }
  return limit - sent
}

test('a window that is consumed within two round trips doubles, up to the most', () => {
  const p = pool(2 * maxWindowBytes)
  expect(flow(new ReceiveWindow(p, 65_536), p, 3, 150)).toBe(65_536 * 8)
  expect(flow(new ReceiveWindow(p, 65_536), p, 20, 150)).toBe(maxWindowBytes)
})

test('a slow consumer keeps its first window', () => {
  const p = pool(maxWindowBytes)
  expect(flow(new ReceiveWindow(p, 65_536), p, 20, 250)).toBe(65_536)
  expect(p.left).toBe(maxWindowBytes)
})

test('windows grow out of one budget, and give back what they took', () => {
  const p = pool(100_000)
  const window = new ReceiveWindow(p, 65_536)
  expect(flow(window, p, 20, 1)).toBe(165_536)
  expect(p.left).toBe(0)
  const other = new ReceiveWindow(p, 65_536)
  expect(flow(other, p, 5, 1)).toBe(65_536)
  window.close()
  window.close()
  expect(p.left).toBe(100_000)
})

test('one byte past the window is refused, and the window is not changed by it', () => {
  const window = new ReceiveWindow(pool(0), 65_536)
  expect(window.receive(65_537)).toBe(false)
  expect(window.receive(65_536)).toBe(true)
  expect(window.receive(1)).toBe(false)
})

test('after its end a window keeps what it borrowed for bytes that nobody has consumed', () => {
  const p = pool(100_000)
  const window = new ReceiveWindow(p, 65_536)
  flow(window, p, 20, 1)
  expect(window.receive(165_536)).toBe(true)
  window.end()
  expect(p.left).toBe(0)
  window.consume(60_000)
  expect(p.left).toBe(60_000)
  window.consume(105_536)
  expect(p.left).toBe(100_000)
})
