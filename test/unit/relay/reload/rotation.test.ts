import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream } from '../../../support/told-upstream.ts'

test('another key by reloads, as documented: no request is refused, by who has the keys of a step before', async () => {
  const [provider, upstream] = [await startTokenProvider(), await startToldUpstream()]
  const configWith = (identity: object) => ({
    services: {
      wiki: {
        type: 'http',
        url: upstream.url,
        localPort: 81,
        identity: { keyFile: 'relay.pem', ...identity },
      },
    },
  })
  const relay = await startOwnRelay(provider.issuer, {
    ...configWith({}),
    direct: 'wiki',
    policy: {
      contact: 'Ask us.',
      grants: [],
      http: [{ group: 'data-eng', services: ['wiki'], verbs: ['http.read'] }],
    },
  })
  const next = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(join(dirname(relay.configFile), 'next.pem'), next, { mode: 0o600 })

  const published = async () =>
    (await (await fetch(`${relay.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet
  let known = await published()
  const signers = new Set<string>()
  upstream.answer = (request, response) => {
    const assertion = request.headers['x-jetway-assertion']
    // The relay asks by itself whether a service can be reached.
    if (assertion === undefined) return void response.end()
    jwtVerify(assertion as string, createLocalJWKSet(known), { audience: 'wiki', issuer: relay.url }).then(
      ({ protectedHeader }) => {
        signers.add(protectedHeader.kid as string)
        response.end()
      },
      () => response.writeHead(401).end(),
    )
  }
  const authorization = `Bearer ${await provider.token()}`
  const statuses = new Set<number>()
  const ask = async () =>
    statuses.add((await fetch(`${relay.url}/page`, { headers: { authorization } })).status)

  const steps = [
    { otherKeys: [{ keyFile: 'next.pem', keyId: 'next' }] },
    { keyFile: 'next.pem', keyId: 'next', otherKeys: [{ keyFile: 'relay.pem', keyId: 'relay' }] },
    { keyFile: 'next.pem', keyId: 'next' },
  ]
  for (const step of steps) {
    let isDone = false
    const asking = (async () => {
      while (!isDone) await ask()
    })()
    const { swapped } = await relay.reloadWith({ ...configWith(step) })
    expect(swapped).toBe(true)
    await ask()
    isDone = true
    await asking
    known = await published()
  }
  expect([...statuses]).toEqual([200])
  expect([...signers]).toEqual(['relay', 'next'])
  expect(known.keys.map(({ kid }) => kid)).toEqual(['next'])

  await relay.close()
  upstream.close()
  await provider.close()
})
