import { dirname, join } from 'node:path'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ControlServer, serveControl } from '../../../relay/control/server.ts'
import { KeyFiles } from '../../../relay/oauth/key-files.ts'
import { eventually } from '../../support/eventually.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { relayCommand } from '../../support/relay-command.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** A service that knows the relay's keys by its JWKS alone, and refuses what none of them has signed. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let control: ControlServer
let folder: string
const signers: string[] = []

beforeEach(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  relay = await startOwnRelay(provider.issuer, {
    services: {
      wiki: { type: 'http', url: upstream.url, localPort: 81, identity: { keyFolder: 'wiki-keys' } },
    },
    direct: 'wiki',
    policy: {
      contact: 'Ask us.',
      grants: [],
      http: [{ group: 'data-eng', services: ['wiki'], verbs: ['http.read'] }],
    },
  })
  folder = dirname(relay.configFile)
  signers.length = 0
  const jwks = createRemoteJWKSet(new URL(`${relay.url}/.well-known/jwks.json`), { cooldownDuration: 0 })
  upstream.answer = (request, response) => {
    const assertion = request.headers['x-jetway-assertion'] as string
    jwtVerify(assertion, jwks, { audience: 'wiki', issuer: relay.url }).then(
      ({ protectedHeader }) => {
        signers.push(protectedHeader.kid as string)
        response.end()
      },
      () => response.writeHead(401).end(),
    )
  }
  control = await serveControl(join(folder, 'relay.sock'), (request) => {
    if (request.command === 'signing-keys') return relay.signingKeys()
    if (request.command === 'rotate-keys') return relay.rotateKeys(request)
    throw new TypeError(request.command)
  })
})
afterEach(async () => {
  control?.close()
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

const ask = async () => {
  const headers = { authorization: `Bearer ${await provider.token()}` }
  return (await fetch(`${relay.url}/page`, { headers })).status
}
const published = async () => {
  const { keys } = (await (await fetch(`${relay.url}/.well-known/jwks.json`)).json()) as {
    keys: { kid: string }[]
  }
  return keys.map(({ kid }) => kid)
}
const command = async (...args: string[]) => {
  const { code, stdout, stderr } = await relayCommand(folder, 'signing-keys', ...args)
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

test('a key follows another, and no request is refused', async () => {
  expect(await ask()).toBe(200)
  // As the schedule makes it, but for a moment that is near.
  new KeyFiles(join(folder, 'wiki-keys')).make(Math.floor(Date.now() / 1000) + 2)
  await eventually('it is published', async () => (await published()).length === 2)
  expect(await ask()).toBe(200)
  expect(new Set(signers).size).toBe(1)
  await eventually('it signs', async () => {
    expect(await ask()).toBe(200)
    return new Set(signers).size === 2
  })
  expect(await published()).toEqual([...new Set(signers)])
})

test('the next one is announced by command, and waits until everyone can know it', async () => {
  expect(await ask()).toBe(200)
  expect(await command('rotate')).toMatch(
    /^services\.wiki\.identity\n {2}\S+ {2}signs since \S+Z\n {2}\S+ {2}will sign at \S+Z\n$/,
  )
  expect(await published()).toHaveLength(2)
  expect(await command('list')).toBe(await command())
  expect(JSON.parse(await command('list', '--json'))).toMatchObject([
    { path: 'services.wiki.identity', keys: [{ state: 'signs' }, { state: 'next' }] },
  ])
  expect(await ask()).toBe(200)
  expect(new Set(signers).size).toBe(1)
})

test('one that someone else has is replaced at once, and nothing that it signed is used again', async () => {
  expect(await ask()).toBe(200)
  await command('rotate', 'services.wiki.identity', '--now')
  expect(await ask()).toBe(200)
  expect(new Set(signers).size).toBe(2)
  expect(await published()).toEqual([signers[1]])
  await relay.auditLog.flush()
  expect((await relay.records()).findLast(({ verb }) => verb === 'keys.rotate')).toMatchObject({
    access: { path: 'services.wiki.identity', kid: signers[1], compromised: true },
  })
})

test('a place that has no keys of the relay’s is named', async () => {
  expect(await relayCommand(folder, 'signing-keys', 'rotate', 'services.none')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no keys of services.none'),
  })
})
