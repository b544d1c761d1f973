import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { memoryStore } from '#client/auth/token-store.ts'
import { diagnose, type Situation } from '#client/doctor/diagnose.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import { type CertificateFiles, makeCertificate } from '../../../../demo/certificate.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { startProvider } from '../../../../demo/provider/provider.ts'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { environmentStatus } from '../../../support/control-double.ts'
import { lockedKeychain } from '../../../support/locked-keychain.ts'
import { startToldRelay, type ToldRelay } from '../../../support/told-relay.ts'

const host = 'localhost'
let folder: string
let ca: string
let files: CertificateFiles
let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'))
  files = await makeCertificate(folder, [host, 'relay.example'])
  ca = await readFile(files.ca, 'utf8')
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
})
afterAll(async () => {
  await provider?.close()
  await rm(folder, { recursive: true })
})

async function start(o: { files?: CertificateFiles | null; issuer?: string; name?: string } = {}) {
  const { files: own = files, issuer = provider.issuer, name = host } = o
  const relay = await startToldRelay(name, issuer, own)
  onTestFinished(() => relay.close())
  return relay
}

type Part = Partial<Omit<Situation, 'status'>> & { status?: Partial<EnvironmentStatus> }

async function examine(relayUrl: string, { status, ...part }: Part = {}) {
  const told: Finding[] = []
  const found = await diagnose(
    {
      status: environmentStatus({ relayUrl, services: [], ...status }),
      ca,
      store: memoryStore(null),
      roundTripMs: null,
      reservedPorts: new Set(),
      env: {},
      ...part,
    },
    (finding) => told.push(finding),
  )
  const of = (check: Finding['check']) => found.find((finding) => finding.check === check) as Finding
  return { found, told, of }
}
const at = (relay: Pick<ToldRelay, 'port'>, part?: Part) => examine(`https://${host}:${relay.port}`, part)
/** `state check` of what is not all right. */
const complaints = (found: readonly Finding[]) =>
  found.filter(({ state }) => state !== 'ok').map(({ state, check }) => `${state} ${check}`)
const behindTls = ['skipped relay', 'skipped provider', 'skipped clock']

test('where all is well, each check says so, and what it begins with', async () => {
  const relay = await start()
  const { found, told } = await at(relay)
  expect(complaints(found)).toEqual([])
  expect(found.map(({ check }) => check)).toEqual([
    'dns',
    'proxy',
    'tls',
    'relay',
    'provider',
    'clock',
    'keychain',
    'ports',
    'session',
  ])
  const titles = found.map(({ title }) => title)
  expect(titles[0]).toMatch(/^localhost is (127\.0\.0\.1|::1)/)
  expect(titles[1]).toBe('There is no proxy on the way')
  expect(titles[2]).toMatch(/^The certificate is for localhost, until \d{4}-\d\d-\d\d$/)
  expect(titles[3]).toMatch(/^The relay prod answers, with version \d+ of the protocol$/)
  expect(titles[4]).toBe(`The sign-in service ${new URL(provider.issuer).host} answers`)
  expect(titles[5]).toMatch(/^This machine’s clock agrees with .*the relay’s, within (a second|\d seconds)$/)
  // What needs nothing begins at once, and each is told twice: begun, and found.
  const begun = told.slice(0, 5)
  expect(begun.map(({ state, check }) => `${state} ${check}`)).toEqual([
    'running dns',
    'running proxy',
    'running keychain',
    'running ports',
    'running session',
  ])
  expect(told.filter(({ state }) => state !== 'running')).toHaveLength(9)
  expect(told).toHaveLength(18)
})

describe('the way', () => {
  test('a name that nobody knows', async () => {
    const { found, of } = await examine('https://relay.invalid')
    expect(complaints(found)).toEqual(['failed dns', 'skipped tls', ...behindTls])
    expect(of('dns').title).toMatch(/relay\.invalid is not known|No name server answers/)
    expect(of('dns').action).toMatch(/VPN/)
  })

  test('an address that nobody listens at', async () => {
    const port = await freePort()
    const { found, of } = await examine(`https://127.0.0.1:${port}`)
    expect(complaints(found)).toEqual(['failed tls', ...behindTls])
    expect(of('dns').title).toBe('127.0.0.1 is an address, which needs no name server')
    expect(of('tls')).toMatchObject({
      title: 'The relay cannot be reached',
      detail: `127.0.0.1:${port} does not answer (connection refused).`,
      action: 'Check the address. If your company’s network needs a VPN, turn it on.',
    })
  })

  test('a relay on this machine without TLS', async () => {
    const relay = await start({ files: null })
    relay.document.carrierUrl = `ws://${host}:${relay.port}/tunnel`
    const { found, of } = await examine(`http://${host}:${relay.port}`)
    expect(complaints(found)).toEqual([])
    expect(of('tls').title).toBe('Nothing is encrypted, as the relay is on this machine')
  })
})

describe('the proxy', () => {
  const through = async (answer: string | null) => {
    const relay = await start({ name: 'relay.example' })
    const proxy = await startConnectProxy(relay.port)
    onTestFinished(() => proxy.close())
    proxy.answer = answer === null ? null : () => answer
    const env = { HTTPS_PROXY: `http://ana:s%40cret@127.0.0.1:${proxy.port}` }
    return { relay, proxy, ...(await examine(`https://relay.example:${relay.port}`, { env })) }
  }

  test('one that lets through looks up the name', async () => {
    const { proxy, of } = await through(null)
    expect(of('dns')).toMatchObject({
      state: 'ok',
      title: `The proxy 127.0.0.1:${proxy.port} looks up relay.example`,
    })
    expect(of('proxy')).toMatchObject({
      state: 'ok',
      title: `The proxy 127.0.0.1:${proxy.port} lets through to relay.example`,
      detail: 'HTTPS_PROXY names it.',
    })
    expect(of('tls').state).toBe('ok')
  })

  test.each([
    ['HTTP/1.1 403 Forbidden\r\n\r\n', 'The proxy refused', 'NO_PROXY'],
    ['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'The proxy wants a password', 'HTTPS_PROXY'],
    ['HTTP/1.1 502 Bad Gateway\r\n\r\n', 'The proxy does not reach the relay', 'ask whoever runs the proxy'],
    ['SSH-2.0-OpenSSH\r\n\r\n', 'The proxy cannot be reached', 'HTTPS_PROXY'],
  ])('%j is said, and what to do', async (answer, title, action) => {
    const { found, of } = await through(answer)
    expect(complaints(found)).toEqual(['failed proxy', 'skipped tls', ...behindTls])
    expect(of('proxy').title).toBe(title)
    expect(of('proxy').action).toContain(action)
    expect(JSON.stringify(found)).not.toMatch(/s@cret|s%40cret|YW5h/)
  })

  test('one that nobody listens at', async () => {
    const port = await freePort()
    const env = { https_proxy: `127.0.0.1:${port}` }
    const { found, of } = await examine('https://relay.example', { env })
    expect(complaints(found)).toEqual(['failed proxy', 'skipped tls', ...behindTls])
    expect(of('proxy').detail).toContain(`127.0.0.1:${port}, and that does not work (connection refused)`)
  })

  test('an address that is none is refused without the password in it', async () => {
    const { found, of } = await examine('https://relay.invalid', {
      env: { HTTPS_PROXY: 'http://ana:hunter/2@proxy.invalid:3128' },
    })
    expect(of('proxy')).toMatchObject({ state: 'failed', title: 'The configuration is not valid' })
    expect(of('proxy').detail).toContain('HTTPS_PROXY is no address of a proxy')
    expect(JSON.stringify(found)).not.toContain('hunter')
  })

  test('NO_PROXY is named where it is why there is none', async () => {
    const { of } = await examine('https://relay.invalid', {
      env: { ALL_PROXY: 'http://127.0.0.1:1', NO_PROXY: '.invalid' },
    })
    expect(of('proxy')).toMatchObject({
      state: 'ok',
      detail: 'ALL_PROXY names one, and NO_PROXY takes relay.invalid out.',
    })
  })
})

describe('the certificate', () => {
  const day = 86_400_000
  const withCertificate = async (hosts: readonly string[], from = 0, until = 90) => {
    const own = await mkdtemp(join(folder, 'tls-'))
    const now = Date.now()
    const valid = { from: new Date(now + from * day), until: new Date(now + until * day) }
    const other = await makeCertificate(own, hosts, valid)
    const relay = await start({ files: other })
    return at(relay, { ca: await readFile(other.ca, 'utf8') })
  }

  test('of an authority that is not known here', async () => {
    const { found, of } = await at(await start(), { ca: null })
    expect(complaints(found)).toEqual(['failed tls', ...behindTls])
    expect(of('tls').title).toBe('The certificate is not trusted here')
    expect(of('tls').detail).toMatch(/shows one that Jetway demo authority [-0-9a-f]{36} has issued/)
    expect(of('tls').action).toContain('--ca')
  })

  test('of another name', async () => {
    const { found, of } = await withCertificate(['wiki.example', '10.0.0.1'])
    expect(complaints(found)).toEqual(['failed tls', ...behindTls])
    expect(of('tls').title).toBe('The certificate is of another name')
    expect(of('tls').detail).toContain('shows one for wiki.example, 10.0.0.1.')
    const many = await withCertificate(['a.example', 'b.example', 'c.example', 'd.example', 'e.example'])
    expect(many.of('tls').detail).toContain('for a.example, b.example, c.example, d.example and 1 more.')
  })

  test('that has expired', async () => {
    const { found, of } = await withCertificate([host], -90, -2)
    expect(complaints(found)).toEqual(['failed tls', ...behindTls])
    expect(of('tls').title).toBe('The certificate has expired')
    expect(of('tls').detail).toContain(new Date(Date.now() - 2 * day).toISOString().slice(0, 10))
  })

  test('that is not valid yet', async () => {
    const { of } = await withCertificate([host], 2)
    expect(of('tls')).toMatchObject({
      title: 'The certificate is not valid yet',
      action: 'Check the date of this machine.',
    })
  })

  test('that ends soon is a warning, and the rest is looked at', async () => {
    const { found, of } = await withCertificate([host], -76, 13)
    expect(complaints(found)).toEqual(['warning tls'])
    expect(of('tls').title).toMatch(/^The certificate ends soon, on /)
    expect(complaints((await withCertificate([host], -76, 15)).found)).toEqual([])
  })

  test('none, of a server that speaks no TLS', async () => {
    const { of } = await at(await start({ files: null }))
    expect(of('tls')).toMatchObject({
      state: 'failed',
      title: 'There is no encrypted connection',
      detail: expect.stringContaining('(it speaks no TLS)'),
    })
  })

  test('none, of a server that hangs up', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { of } = await at(server.address() as { port: number })
    expect(of('tls').detail).toContain('(connection cut)')
  })
})

describe('the relay', () => {
  test.each([
    [
      'another server',
      (relay: ToldRelay) => {
        relay.answer = (_request, response) => response.writeHead(404).end('not here')
      },
      'This is not a Jetway relay',
    ],
    [
      'a page in its place',
      (relay: ToldRelay) => {
        relay.answer = (_request, response) => response.end('<h1>Please accept our terms</h1>')
      },
      'This is not a Jetway relay',
    ],
    [
      'another version',
      (relay: ToldRelay) => {
        relay.document.protocolVersions = [9999]
      },
      'This version is not supported',
    ],
    [
      'one that is down behind its balancer',
      (relay: ToldRelay) => {
        relay.answer = (_request, response) => response.writeHead(503).end()
      },
      'The relay cannot be reached',
    ],
  ])('%s', async (_, change, title) => {
    const relay = await start()
    change(relay)
    const { found, of } = await at(relay)
    expect(complaints(found)).toEqual(['failed relay', 'skipped provider', 'skipped clock'])
    expect(of('relay').title).toBe(title)
  })

  test('what it calls itself cannot steer a terminal', async () => {
    const relay = await start()
    relay.document.name = 'pr\u001b[31mod\u202e\r\n'
    const { of } = await at(relay)
    expect(of('relay').title).toMatch(/^The relay pr \[31mod +answers/)
    expect(of('relay').title).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

describe('the provider', () => {
  test('one that is down; the clock is told by the relay', async () => {
    const port = await freePort()
    const { found, of } = await at(await start({ issuer: `http://127.0.0.1:${port}` }))
    expect(complaints(found)).toEqual(['failed provider'])
    expect(of('provider')).toMatchObject({
      title: 'The sign-in service cannot be reached',
      detail: `http://127.0.0.1:${port} does not answer (connection refused).`,
    })
    expect(of('clock').title).toContain('agrees with the relay’s')
  })

  test('one that cannot bind a sign-in, where the relay wants that', async () => {
    const unbound = await startProvider({ port: 0, accessTokenSeconds: 300, bindsTokens: false })
    onTestFinished(() => unbound.close())
    const relay = await start({ issuer: unbound.issuer })
    expect(complaints((await at(relay)).found)).toEqual([])
    relay.document.dpop = 'required'
    const { found, of } = await at(relay)
    expect(complaints(found)).toEqual(['failed provider'])
    expect(of('provider').title).toBe('The provider cannot bind your sign-in')
  })
})

describe('the clock', () => {
  const minutesOff = (relay: ToldRelay, minutes: number) => {
    relay.answer = (_request, response) => {
      response.setHeader('date', new Date(Date.now() + minutes * 60_000).toUTCString())
      response.end(JSON.stringify(relay.document))
    }
  }

  test('ten minutes off', async () => {
    const relay = await start({ issuer: `http://127.0.0.1:${await freePort()}` })
    minutesOff(relay, 10)
    const { of } = await at(relay)
    expect(of('clock')).toMatchObject({
      state: 'failed',
      title: 'Two clocks do not agree',
      detail: expect.stringContaining('This machine’s clock is 10 minutes behind the relay’s'),
      action: 'Set the clock by the network’s time, then try again.',
    })
  })

  test('of the relay alone, which is then the one that is wrong', async () => {
    const relay = await start()
    minutesOff(relay, -10)
    expect((await at(relay)).of('clock').detail).toContain(
      'The relay’s clock is 10 minutes behind the provider’s',
    )
  })

  test('of a relay that does not say it', async () => {
    const relay = await start({ issuer: `http://127.0.0.1:${await freePort()}` })
    relay.answer = (_request, response) => {
      response.sendDate = false
      response.end(JSON.stringify(relay.document))
    }
    expect((await at(relay)).of('clock')).toMatchObject({
      state: 'warning',
      title: 'Nobody said what time it is',
    })
  })
})

test('without a keychain it works, until Jetway ends', async () => {
  const store = memoryStore(new JetwayError('NO_KEYCHAIN', { reason: 'no D-Bus' }))
  const { found, of } = await at(await start(), { store })
  expect(complaints(found)).toEqual(['warning keychain'])
  expect(of('keychain')).toMatchObject({
    title: 'No keychain was found',
    detail: expect.stringContaining('(no D-Bus)'),
    action: expect.stringContaining('--token-store file'),
  })
})

test('a keychain that has been unlocked answers, and it is said when it is used', async () => {
  const { state, store } = lockedKeychain()
  const relay = await start()
  expect((await at(relay, { store })).of('keychain')).toMatchObject({
    state: 'warning',
    action: expect.stringContaining('Unlock a keyring, then connect or sign in'),
  })
  state.isLocked = false
  expect((await at(relay, { store })).of('keychain')).toMatchObject({
    state: 'ok',
    title: 'The keychain answers now',
    detail: expect.stringContaining('the next time that you connect or sign in'),
  })
  expect(store.kind).toBe('memory')
})

describe('local ports', () => {
  const service = (name: string, localPort: number, isBound: boolean) => ({
    name,
    type: 'http' as const,
    localPort,
    localUrl: isBound ? `http://localhost:${localPort}` : null,
    taken: null,
    airflow: null,
  })
  const taken = async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    return (server.address() as { port: number }).port
  }

  test('one that is taken: by whom, and which is free', async () => {
    const [port, own, free] = [await taken(), await taken(), await freePort()]
    const services = [service('airflow', port, false), service('docs', own, true), service('db', free, false)]
    const { found, of } = await at(await start(), { status: { services } })
    expect(complaints(found)).toEqual(['failed ports'])
    expect(of('ports').title).toBe('A local port is taken')
    expect(of('ports').detail).toMatch(
      new RegExp(`^Port ${port}, of airflow, is used by .+ \\(process ${process.pid}\\)\\.$`),
    )
    expect(of('ports').action).toMatch(/e\.g\. airflow=\d+\.$/)
  })

  test('mine and free ones', async () => {
    const [own, free] = [await taken(), await freePort()]
    const services = [service('docs', own, true), service('db', free, false)]
    const { of } = await at(await start(), { status: { services } })
    expect(of('ports')).toMatchObject({ state: 'ok', detail: `docs: ${own}, db: ${free} (free)` })
  })
})

describe('the session', () => {
  const session = async (status: Partial<EnvironmentStatus>, roundTripMs: number | null = null) =>
    (await examine(`http://127.0.0.1:${await freePort()}`, { status, roundTripMs })).of('session')
  const person = { subject: 'ana', name: 'Ana', email: 'ana@example.com' }
  const lastError = problemOf(new JetwayError('RELAY_UNREACHABLE', { relay: 'x', reason: 'no network' }))

  test('since when, as whom, and how far it is', async () => {
    const connectedSince = new Date(Date.now() - 12 * 60_000).toISOString()
    expect(await session({ state: 'connected', connectedSince, person }, 22.4)).toMatchObject({
      state: 'ok',
      title: 'Connected as ana@example.com for 12 minutes',
      detail: 'To the relay and back it takes 23 ms.',
    })
  })

  test('one that is being looked for', async () => {
    expect(await session({ state: 'reconnecting', lastError })).toMatchObject({
      state: 'warning',
      detail: 'x does not answer (no network).',
    })
  })

  test('none, for a reason, and none that anyone wanted', async () => {
    expect(await session({ lastError })).toMatchObject({
      state: 'failed',
      title: 'The last attempt did not succeed',
      action: 'Check the address. If your company’s network needs a VPN, turn it on.',
    })
    expect(await session({})).toMatchObject({ state: 'ok', title: 'Nobody has asked to be connected' })
  })
})
