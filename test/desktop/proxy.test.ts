import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { makeCertificate } from '../../demo/certificate.ts'
import { freePort } from '../../demo/free-port.ts'
import { audience, clientId, type DemoProvider, scopes, startProvider } from '../../demo/provider/provider.ts'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { type OwnRelay, startOwnRelay } from '../support/own-relay.ts'
import { connectedAs, connectFirst } from '../support/person-at-app.ts'
import { startTinyproxy, type Tinyproxy } from '../support/tinyproxy.ts'
import { startToldUpstream, type ToldUpstream } from '../support/told-upstream.ts'

/** A PAC file of the system, as Chromium reads it, and the tunnel of the engine, which goes where it says. */

/** This machine as well, but Chromium asks no PAC file about 127.0.0.0/8 and localhost. */
const host = '0.0.0.0'
const pac = { status: 200, text: '' }
const pacServer = createServer((_request, response) =>
  response
    .writeHead(pac.status, { 'content-type': 'application/x-ns-proxy-autoconfig' })
    .end(`function FindProxyForURL(url, host) { ${pac.text} }`),
)
let folder: string
let provider: DemoProvider
let upstream: ToldUpstream
let relay: OwnRelay
let proxyPort: number
let proxy: Tinyproxy
let pacUrl: string
let local: string
let desktop: DesktopApp

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-pac-'))
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  upstream = await startToldUpstream()
  const { ca, cert, key } = await makeCertificate(folder, [host])
  const localPort = await freePort()
  local = `http://localhost:${localPort}/api/v2/dags`
  relay = await startOwnRelay(provider.issuer, {
    identity: { oidc: { issuer: provider.issuer, clientId, audience, scopes, resource: audience } },
    tls: { host, cert, key },
    services: {
      airflow: { type: 'airflow', url: upstream.url, localPort, identity: { keyFile: 'relay.pem' } },
    },
    policy: { contact: 'Ask the platform team.', grants: [{ group: 'data-eng', role: 'viewer' }] },
  })
  proxyPort = await freePort()
  proxy = await startTinyproxy({ folder, port: proxyPort })
  pacServer.listen(0, '127.0.0.1')
  await once(pacServer, 'listening')
  pacUrl = `http://127.0.0.1:${(pacServer.address() as AddressInfo).port}/proxy.pac`
  pac.text = `return 'PROXY 127.0.0.1:${proxyPort}'`
  desktop = await startDesktopApp({
    electron: inject('electron'),
    env: { NODE_EXTRA_CA_CERTS: ca, auto_proxy: pacUrl },
  })
})
afterAll(async () => {
  await desktop?.close()
  await proxy?.stop()
  await relay?.close()
  upstream?.close()
  await provider?.close()
  pacServer.close()
  await rm(folder, { recursive: true, force: true })
})

const throughProxy = () => proxy.log.split(`Established connection to host "${host}"`).length - 1
const press = (name: string) => desktop.window.getByRole('button', { name, exact: true }).click()
const answer = async () => (await fetch(local)).status

/** As if the system's settings had changed, and then connects anew. */
async function connectAnew(): Promise<void> {
  await press('Disconnect')
  await desktop.app.evaluate(({ session }) => session.defaultSession.forceReloadProxyConfig())
  await press('Connect')
  await connectedAs(desktop.window, 'ana')
}

async function diagnosed(title: string): Promise<string | null> {
  await desktop.window.getByRole('tab', { name: 'Diagnostics' }).click()
  await desktop.window.getByText(title).waitFor()
  const text = await desktop.window.getByRole('tabpanel').textContent()
  await desktop.window.getByRole('tab', { name: 'Overview' }).click()
  return text
}

test('the tunnel goes through the proxy that the PAC file names', async () => {
  await connectFirst(desktop, { relayUrl: `https://${host}:${relay.port}`, issuer: provider.issuer }, 'ana')
  expect(await answer()).toBe(200)
  // Discovery, and the tunnel.
  expect(throughProxy()).toBeGreaterThanOrEqual(2)
  expect(await diagnosed(`The proxy 127.0.0.1:${proxyPort} lets through to ${host}`)).toContain(
    'The settings of this machine name it.',
  )
})

test('a proxy that is named first and is not there is gone past', async () => {
  pac.text = `return 'PROXY 127.0.0.1:${await freePort()}; PROXY 127.0.0.1:${proxyPort}'`
  const before = throughProxy()
  await connectAnew()
  expect(throughProxy()).toBeGreaterThan(before)
  expect(await answer()).toBe(200)
})

test('where it names none, no proxy sees anything', async () => {
  pac.text = `return 'DIRECT'`
  const before = throughProxy()
  await connectAnew()
  expect(await answer()).toBe(200)
  expect(await diagnosed('There is no proxy on the way')).toContain('The settings of this machine say so.')
  expect(throughProxy()).toBe(before)
})

test('one that names no kind of proxy that can be used is refused, and nothing goes past it', async () => {
  pac.text = `return 'SOCKS5 127.0.0.1:${proxyPort}'`
  await press('Disconnect')
  await desktop.app.evaluate(({ session }) => session.defaultSession.forceReloadProxyConfig())
  await press('Connect')
  await desktop.window.getByText('has to name an http:// or https:// proxy').first().waitFor()
  expect(await answer()).toBe(503)
  pac.text = `return 'DIRECT'`
  await desktop.app.evaluate(({ session }) => session.defaultSession.forceReloadProxyConfig())
  await press('Try again')
  await connectedAs(desktop.window, 'ana')
})

test.each([
  ['is not there', 404, '', 'cannot be fetched'],
  ['is no script', 200, 'return {', 'has an error in it'],
  ['fails', 200, 'return nothing.there', 'has an error in it'],
])('one that %s says so in Diagnostics, while one goes without a proxy', async (_, status, text, why) => {
  Object.assign(pac, { status, text })
  await connectAnew()
  const said = await diagnosed('This machine’s proxy script does not work')
  expect(said).toContain(`${pacUrl} ${why}. Jetway goes without a proxy then`)
})

test('and once it is mended, looking again is enough', async () => {
  Object.assign(pac, { status: 200, text: `return 'PROXY 127.0.0.1:${proxyPort}'` })
  await diagnosed(`The proxy 127.0.0.1:${proxyPort} lets through to ${host}`)
})
