import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { run } from '../../../build/setup/run.ts'
import { detached } from '../../support/detached.ts'
import { eventually } from '../../support/eventually.ts'
import { openTunnelTo } from '../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

const main = join(import.meta.dirname, '../../../relay/main.ts')

let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let port: LocalPort
let tunnel: Tunnel

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
  })
  port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  tunnel = await open()
  port.attach(tunnel)
})
afterAll(async () => {
  tunnel?.close()
  await port?.close()
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

const open = () =>
  openTunnelTo(relay.carrierUrl, () => provider.token(), [{ name: 'airflow', localPort: port.port }])
const command = (...args: string[]) => run(process.execPath, [main, ...args, '--config', relay.configFile])
const direct = async () => {
  const headers = { authorization: `Bearer ${await provider.token()}` }
  const response = await fetch(`${relay.url}/api/v2/dags`, { headers })
  return [response.status, ((await response.json()) as { code?: string }).code]
}

test('who is connected is listed', async () => {
  const listed = JSON.parse(await command('sessions', '--json')) as { name: string; client: string }[]
  expect(listed).toMatchObject([{ name: 'ana@example.com', address: '127.0.0.1' }])
  expect(await command('sessions')).toMatch(
    /^ana@example\.com {2}from 127\.0\.0\.1 with \S+ since \S+Z\n {4}signed in by identity\.oidc, with bearer tokens\n/,
  )
  expect(await command('revocations')).toBe('Nobody’s access is revoked.\n')
})

test('whose access is revoked is refused everywhere, until it is restored', async () => {
  expect((await fetch(`http://localhost:${port.port}/api/v2/dags`)).status).toBe(200)
  expect(await direct()).toEqual([200, undefined])

  expect(await command('revoke', 'Ana@Example.com', '--reason', 'lost laptop', '--for', '8h')).toMatch(
    /^Ana@Example\.com has no access any more until \S+Z\.\n$/,
  )
  await eventually('the relay knows', async () => (await direct())[0] === 403)
  expect(await direct()).toEqual([403, 'ACCESS_REVOKED'])
  expect((await tunnel.closed).code).toBe('ACCESS_REVOKED')
  await expect(open()).rejects.toMatchObject({ code: 'ACCESS_REVOKED' })
  expect(await command('sessions')).toBe('Nobody is connected.\n')
  expect(await command('revocations')).toMatch(
    /^Ana@Example\.com {2}since .* by .*, until .*: lost laptop\n$/,
  )

  await relay.auditLog.flush()
  const records = await relay.records()
  expect(records.findLast(({ verb }) => verb === 'session.close')).toMatchObject({ error: 'ACCESS_REVOKED' })
  expect(records.findLast(({ verb }) => verb === 'session.refuse')).toMatchObject({
    decision: { effect: 'deny', code: 'ACCESS_REVOKED' },
  })

  expect(await command('restore', 'ana@example.com')).toMatch(/may come in again/)
  await eventually('the relay knows', async () => (await direct())[0] === 200)
  const again = await open()
  again.close()
})

test.each([
  [['restore', 'nobody@example.com'], /Nothing was revoked for nobody@example\.com/],
  [['revoke', 'ana@example.com', '--reason', 'x', '--for', '0h'], /--for takes 30m, 8h or 7d, not 0h/],
  [['revoke', 'ana@example.com'], /required option '--reason <text>'/],
])('%j is refused with what is wrong', async (args, message) => {
  await expect(command(...args)).rejects.toThrow(message)
})
