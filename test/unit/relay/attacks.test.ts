import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import { deploys, jobAttacks, jobToken } from '../../support/attacks/jobs.ts'
import { type ProofMaker, proofAttacks } from '../../support/attacks/proofs.ts'
import { tokenAttacks } from '../../support/attacks/tokens.ts'
import { makeDpopKey } from '../../support/dpop-key.ts'
import { eventually } from '../../support/eventually.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** What nobody may come in with, through a whole relay: a code and no more for the caller, the code in the audit. */
const path = '/api/v2/dags'
let people: TokenProvider
let ci: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let reached = 0
const refusals = new Map<string, ErrorCode>()
beforeAll(async () => {
  ;[people, ci, upstream] = await Promise.all([
    startTokenProvider(),
    startTokenProvider(),
    startToldUpstream(),
  ])
  upstream.answer = (_request, response) => {
    reached += 1
    response.end('{"dags":[]}')
  }
  relay = await startOwnRelay(people.issuer, {
    identity: {
      federation: [
        {
          name: 'ci',
          issuer: ci.issuer,
          audience,
          provider: 'github',
          rules: [{ name: 'deploys', claims: deploys, groups: ['data-eng'] }],
        },
      ],
    },
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    // Longer than any token may be.
    limits: { maxHeaderBytes: 32_768 },
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] },
  })
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await Promise.all([ci?.close(), people?.close()])
})

async function ask(...headers: string[]) {
  const asked = request(`${relay.url}${path}?limit=1`, {
    headers: ['host', `127.0.0.1:${relay.port}`, ...headers],
    agent: false,
  })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

async function refuses(headers: readonly string[], code: ErrorCode = 'UNAUTHENTICATED'): Promise<void> {
  const before = reached
  const answer = await ask(...headers)
  const id = answer.headers['x-request-id'] as string
  expect([answer.status, JSON.parse(answer.body)]).toEqual([401, problemOf(new JetwayError(code), id)])
  expect(reached).toBe(before)
  refusals.set(id, code)
}
const bearer = (token: string) => ['authorization', `Bearer ${token}`]

test('who is who they say comes in', async () => {
  expect((await ask(...bearer(await people.token()))).status).toBe(200)
  expect((await ask(...bearer(await jobToken(ci)))).status).toBe(200)
})

test.each(tokenAttacks)('a token %s', async (_what, make, code) => {
  await refuses(bearer(await make(people)), code)
})

test.each(jobAttacks)('a job’s token %s', async (_what, make, code) => {
  await refuses(bearer(await make(ci)), code)
})

test.each<[string, () => Promise<string>]>([
  [
    'of the people’s issuer, signed by the machines’',
    () => jobToken(ci, { iss: people.issuer }, { typ: 'at+jwt' }),
  ],
  ['of the machines’ issuer, signed by the people’s', () => jobToken(people, { iss: ci.issuer })],
  ['of the machines’ issuer, for a person', () => ci.token({ sub: 'ana' })],
])('a token %s', async (_what, make) => {
  await refuses(bearer(await make()))
})

test('who says nothing of who they are is told to sign in, and is not recorded', async () => {
  for (const headers of [[], ['cookie', `access_token=${await people.token()}`]]) {
    const before = reached
    const answer = await ask(...headers)
    expect([answer.status, JSON.parse(answer.body).code, reached]).toEqual([401, 'UNAUTHENTICATED', before])
  }
})

test.each<[string, () => Promise<string[]>]>([
  ['in another scheme', async () => ['authorization', `Basic ${btoa('ana:secret')}`]],
  [
    'beside another',
    async () => ['authorization', `Bearer ${await people.token()}, Bearer ${await ci.token()}`],
  ],
  ['as a proof of a key', async () => ['authorization', `DPoP ${await people.token()}`]],
])('a token, %s', async (_what, make) => {
  await refuses(await make())
})

async function proofMaker(): Promise<ProofMaker & { readonly token: string }> {
  const [key, other] = await Promise.all([makeDpopKey(), makeDpopKey()])
  const token = await people.token({ cnf: { jkt: key.thumbprint } })
  const url = `${relay.url}${path}`
  const first = await key.proof({ method: 'GET', url, token })
  const { headers } = await ask('authorization', `DPoP ${token}`, 'dpop', first)
  const nonce = headers['dpop-nonce'] as string
  return {
    key,
    other,
    url,
    token,
    good: (claims, header, by = key) => by.proof({ method: 'GET', url, token, nonce }, claims, header),
  }
}

test('who has the key comes in', async () => {
  const { token, good } = await proofMaker()
  expect((await ask('authorization', `DPoP ${token}`, 'dpop', await good())).status).toBe(200)
})

test.each(proofAttacks)('§4.3, %d: a proof %s', async (_number, _what, make) => {
  const maker = await proofMaker()
  await refuses(['authorization', `DPoP ${maker.token}`, 'dpop', await make(maker)])
})

test.each<[string, (maker: Awaited<ReturnType<typeof proofMaker>>) => Promise<string[]>]>([
  ['§4.3, 1: two proofs', async ({ good }) => ['dpop', await good(), 'DPoP', await good()]],
  ['§4.3, 1: no proof', async () => []],
  ['§7.1: the token as a bearer token', async ({ good }) => ['dpop', await good()]],
])('%s', async (what, make) => {
  const maker = await proofMaker()
  const scheme = what.includes('bearer') ? 'Bearer' : 'DPoP'
  await refuses(['authorization', `${scheme} ${maker.token}`, ...(await make(maker))])
})

test('§11.1: a proof that comes again', async () => {
  const { token, good } = await proofMaker()
  const headers = ['authorization', `DPoP ${token}`, 'dpop', await good()]
  expect((await ask(...headers)).status).toBe(200)
  await refuses(headers)
})

test('§4.3, 10: a nonce that is not the relay’s is answered with one that is, and with nothing else', async () => {
  const { token, good } = await proofMaker()
  const before = reached
  for (const nonce of ['x'.repeat(30), '', undefined]) {
    const answer = await ask('authorization', `DPoP ${token}`, 'dpop', await good({ nonce }))
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'DPOP_NONCE_REQUIRED'])
  }
  expect(reached).toBe(before)
})

test('every refusal is in the audit with its code', async () => {
  expect(refusals.size).toBeGreaterThan(tokenAttacks.length + proofAttacks.length)
  const records = await eventually('all are written', async () => {
    const all = new Map((await relay.records()).map((record) => [record.id, record]))
    return [...refusals.keys()].every((id) => all.has(id)) && all
  })
  for (const [id, code] of refusals)
    expect(records.get(id)).toMatchObject({
      principal: null,
      status: 401,
      error: code,
      decision: { effect: 'deny', code },
    })
})
