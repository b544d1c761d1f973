import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../../../demo/free-port.ts'
import { eventually } from '../../../support/eventually.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

const config = {
  services: { echo: { type: 'tcp', address: '127.0.0.1:9', localPort: 9 } },
  policy: { contact: 'Ask us.', grants: [] },
}
let provider: TokenProvider
let relay: OwnRelay
let url: string
beforeAll(async () => {
  provider = await startTokenProvider()
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  relay = await startOwnRelay(provider.issuer, { ...config, health: { port, stalledSeconds: 1 } })
})
afterAll(async () => {
  await relay?.close()
  await provider?.close()
})

const ask = async (path: string, o: RequestInit = {}) => {
  const response = await fetch(`${url}${path}`, o)
  return { status: response.status, body: await response.text() }
}

/** Asks from another process, until the status is this one, while nothing else runs in this one. */
function whileStalled(path: string, status: number): string {
  const script = `
    const ask = async () => {
      const response = await fetch('${url}${path}')
      const body = await response.text()
      if (response.status === ${status}) console.log(body)
      else setImmediate(ask)
    }
    ask()`
  return spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 15_000 }).stdout.trim()
}

test('it says the same as the relay’s own port', async () => {
  await eventually('it is ready', async () => (await ask('/readyz')).status === 200)
  for (const path of ['/healthz', '/readyz']) {
    const own = await fetch(`${relay.url}${path}`)
    expect(await ask(path)).toEqual({ status: own.status, body: await own.text() })
  }
  expect((await ask('/healthz', { method: 'HEAD' })).body).toBe('')
})

test('it answers while the relay is busy, and says so when that has lasted too long', async () => {
  await eventually('it is healthy', async () => (await ask('/healthz')).status === 200)
  expect(whileStalled('/healthz', 200)).toBe('{"status":"ok"}')
  expect(whileStalled('/healthz', 503)).toBe('{"status":"stalled"}')
  expect(whileStalled('/readyz', 503)).toBe('{"status":"stalled"}')
  await eventually('it is healthy again', async () => (await ask('/healthz')).status === 200)
})

test('it answers nothing else', async () => {
  expect((await ask('/metrics')).status).toBe(404)
  expect((await ask('/.well-known/jetway')).status).toBe(404)
  expect((await ask('/healthz?x')).status).toBe(404)
  expect((await ask('/healthz', { method: 'POST' })).status).toBe(405)
})

test('what is not ready is said', async () => {
  const port = await freePort()
  const nobody = await startOwnRelay(`http://127.0.0.1:${await freePort()}`, { ...config, health: { port } })
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ status: 'not ready', checks: { provider: false } })
  } finally {
    await nobody.close()
  }
})

test('a port that is taken is said at start', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  await expect(startOwnRelay(provider.issuer, { ...config, health: { port } })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
  other.close()
})
