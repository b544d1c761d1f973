import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { clockProblem, issuedReading, skewOf } from '#client/network/clock.ts'

/** A server whose clock is ahead of this machine's. */
async function serverAhead(seconds: number, date?: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.sendDate = false
    const said = date ?? new Date(Date.now() + seconds * 1000).toUTCString()
    if (said !== '') response.setHeader('date', said)
    response.writeHead(404).end('whatever')
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const provider = (aheadSeconds: number) => ({ whose: 'the provider’s', aheadSeconds })
const relay = (aheadSeconds: number) => ({ whose: 'the relay’s', aheadSeconds })

test.each([
  [[provider(30)], null],
  [[provider(-30)], null],
  [[provider(31)], 'This machine’s clock is 31 seconds ahead of the provider’s'],
  [[provider(-31)], 'This machine’s clock is 31 seconds behind the provider’s'],
  [[provider(-600)], 'This machine’s clock is 10 minutes behind the provider’s'],
  [[provider(119)], 'This machine’s clock is 119 seconds ahead'],
  [[provider(120)], 'This machine’s clock is 2 minutes ahead'],
  [[provider(86_400)], 'This machine’s clock is 24 hours ahead'],
  [[provider(0), relay(30)], null],
  [[provider(-5), relay(-36)], 'The relay’s clock is 31 seconds ahead of the provider’s'],
  [[provider(0), relay(600)], 'The relay’s clock is 10 minutes behind the provider’s'],
  [[provider(600), relay(600)], 'This machine’s clock is 10 minutes ahead of the provider’s'],
  [[relay(-90)], 'This machine’s clock is 90 seconds behind the relay’s'],
  [[], null],
])('%o is %s', (readings, said) => {
  const problem = skewOf(readings)
  if (said === null) expect(problem).toBeNull()
  else {
    expect(problem?.code).toBe('CLOCK_SKEW')
    expect(problem?.message).toContain(said)
  }
})

test('a clock is read off a server’s answer', async () => {
  const url = await serverAhead(600)
  const problem = await clockProblem([{ whose: 'the provider’s', url }], null)
  expect(problem?.message).toContain('This machine’s clock is 10 minutes behind the provider’s')
})

test('a relay that is wrong is named, not this machine', async () => {
  const clocks = [
    { whose: 'the provider’s', url: await serverAhead(0) },
    { whose: 'the relay’s', url: await serverAhead(-600) },
  ]
  const problem = await clockProblem(clocks, null)
  expect(problem?.message).toContain('The relay’s clock is 10 minutes behind the provider’s')
})

test.each(['', 'yesterday'])('a server that says %j says nothing', async (date) => {
  expect(await clockProblem([{ whose: 'x', url: await serverAhead(0, date) }], null)).toBeNull()
})

test('a server that is not there says nothing', async () => {
  expect(await clockProblem([{ whose: 'x', url: 'http://127.0.0.1:1' }], null)).toBeNull()
})

test('an ID token that was refused for its time says what time it is', () => {
  const refused = (cause: unknown) =>
    new Error('a', { cause: new Error('b', { cause: new Error('c', { cause }) }) })
  const late = issuedReading('x', refused({ claims: { iat: 1000, exp: 1300 }, now: 1600, claim: 'exp' }))
  expect(late).toEqual({ whose: 'x', aheadSeconds: 600 })
  for (const other of [
    refused({ claims: {}, now: 1 }),
    refused(undefined),
    refused(null),
    'x',
    new Error('y'),
  ])
    expect(issuedReading('x', other)).toBeNull()
})
