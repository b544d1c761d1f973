import { createServer } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../../../demo/free-port.ts'
import { eventually } from '../../../support/eventually.ts'
import { startOwnRelay } from '../../../support/own-relay.ts'
import { policyOf, type ReloadSite, startReloadSite } from '../../../support/reload-site.ts'
import { startTokenProvider } from '../../../support/token-provider.ts'

let site: ReloadSite

beforeEach(async () => {
  site = await startReloadSite()
})
afterEach(() => site.close())

test('a service that was reached and would not be is a failure; one that was not either is a warning', async () => {
  const gone = { ...site.services.airflow, url: `http://127.0.0.1:${await freePort()}` }
  const moved = { services: { ...site.services, airflow: gone } }
  await expect(site.relay.reloadWith(moved, { allowWidening: true })).rejects.toMatchObject({
    code: 'SELF_TEST_FAILED',
    message: expect.stringContaining('services.airflow'),
  })
  expect((await site.trigger()).status).toBe(200)
  const more = { services: { ...site.services, second: { ...gone, localPort: 8081 } } }
  const { warnings } = await site.relay.reloadWith(more, { allowWidening: true })
  expect(warnings).toEqual([expect.stringMatching(/^services\.second: .*ECONNREFUSED/)])
  expect(await site.relay.reloadWith({ ...more, policy: policyOf('viewer') })).toMatchObject({ warnings })
})

test('while the same provider is away, its keys as they were known go on; another one has to answer', async () => {
  const second = await startTokenProvider()
  const own = await startOwnRelay(second.issuer, {
    services: site.services,
    direct: 'airflow',
    policy: policyOf('user'),
  })
  try {
    const authorization = `Bearer ${await second.token()}`
    const ask = async () => (await fetch(`${own.url}/api/v2/dags`, { headers: { authorization } })).status
    expect(await ask()).toBe(200)
    await second.close()
    const { warnings } = await own.reloadWith({ policy: policyOf('viewer') })
    expect(warnings).toEqual([expect.stringContaining('identity.oidc')])
    expect(await ask()).toBe(200)
    const oidc = { issuer: `http://127.0.0.1:${await freePort()}`, clientId: 'jetway', audience: 'urn:x' }
    await expect(own.reloadWith({ identity: { oidc } }, { allowWidening: true })).rejects.toMatchObject({
      code: 'SELF_TEST_FAILED',
    })
  } finally {
    await own.close()
  }
})

test('a relay whose provider is away at its start is ready as soon as that is back', async () => {
  const second = await startTokenProvider()
  const url = new URL(second.issuer)
  await second.close()
  const own = await startOwnRelay(second.issuer, { services: site.services, policy: policyOf('user') })
  const back = createServer((request, response) =>
    response.end(
      JSON.stringify(
        request.url === '/jwks' ? { keys: [] } : { issuer: second.issuer, jwks_uri: `${second.issuer}/jwks` },
      ),
    ),
  )
  try {
    const ready = async () => (await fetch(`${own.url}/readyz`)).status
    expect(await ready()).toBe(503)
    back.listen(Number(url.port), '127.0.0.1')
    await eventually('it is ready', async () => (await ready()) === 200)
  } finally {
    await own.close()
    back.close()
    back.closeAllConnections()
  }
})
