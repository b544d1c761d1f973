import { generateKeyPair, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import { type BalancedRelay, signers, startBalancedRelay } from '../../../support/balanced-relay.ts'
import { alb, type Said, type Signer } from '../../../support/balancer.ts'
import { eventually } from '../../../support/eventually.ts'

let site: BalancedRelay
let reached = 0
const refusals: { id: string; code: ErrorCode }[] = []
beforeAll(async () => {
  site = await startBalancedRelay()
  site.upstream.answer = (_request, response) => {
    reached += 1
    response.end('{"dags":[]}')
  }
})
afterAll(() => site?.close())

type Headers = readonly (readonly [string, string])[]
const seconds = (n: number) => Math.floor(Date.now() / 1000) + n
const nameOf = (signer: Signer) => site.balancers.headers[signer]
const good = async (signer: Signer, said?: Said): Promise<Headers> => [
  [nameOf(signer), await site.balancers.token(signer, said)],
]
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** It is refused with a code and no more, and nothing gets to Airflow. */
async function refused(signer: Signer | null, headers: Headers, code: ErrorCode = 'UNAUTHENTICATED') {
  const before = reached
  const answer = await site.ask(signer, headers)
  expect(answer.status).toBe(401)
  const id = answer.headers['x-request-id'] as string
  // The same for whatever reason.
  expect(JSON.parse(answer.body)).toEqual(problemOf(new JetwayError(code), id))
  expect(reached).toBe(before)
  refusals.push({ id, code })
}

describe.each(signers)('%s', (signer) => {
  test('whoever it has signed in is let in, as themselves', async () => {
    const { status } = await site.ask(signer, await good(signer))
    expect(status).toBe(200)
    const record = await eventually('it is in the audit', async () =>
      (await site.relay.records()).findLast(({ status: s }) => s === 200),
    )
    expect(record).toMatchObject({
      principal: { kind: 'person', subject: 'ana', email: 'ana@example.com', groups: ['data-eng'] },
      source: { via: 'direct', session: null },
    })
  })

  test('in whatever case its header is written', async () => {
    const [[name, token]] = (await good(signer)) as [[string, string]]
    expect((await site.ask(signer, [[name.toUpperCase(), token]])).status).toBe(200)
  })

  test('without groups there are no rights', async () => {
    const claims = { groups: undefined, custom: undefined }
    const answer = await site.ask(signer, await good(signer, { claims }))
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 'GROUPS_UNKNOWN'])
  })

  const attacks: [string, () => Promise<Headers>, ErrorCode?][] = [
    ['no header', async () => []],
    ['an empty header', async () => [[nameOf(signer), '']]],
    ['what is no token', async () => [[nameOf(signer), 'ana']]],
    [
      'two tokens in one header',
      async () => {
        const [[name, token]] = (await good(signer)) as [[string, string]]
        return [[name, `${token}, ${token}`]]
      },
    ],
    ['two headers', async () => [...(await good(signer)), ...(await good(signer))]],
    [
      'two headers that differ in case',
      async () => [...(await good(signer)), [nameOf(signer).toUpperCase(), 'x.y.z']],
    ],
    [
      'a second one that is spelled with _',
      async () => [...(await good(signer)), [nameOf(signer).replaceAll('-', '_'), 'x.y.z']],
    ],
    [
      'one that is spelled with _ alone',
      async () => [[nameOf(signer).replaceAll('-', '_'), await site.balancers.token(signer)]],
    ],
    [
      'one with a _ in it',
      async () => [[nameOf(signer).replace('-', '_'), await site.balancers.token(signer)]],
    ],
    [
      'a bearer token of the provider in its place',
      async () => [['Authorization', `Bearer ${await site.provider.token()}`]],
    ],
    [
      'a bearer token of the provider in its header',
      async () => [[nameOf(signer), await site.provider.token()]],
    ],
    [
      'unsigned headers of balancers',
      async () => [
        ['X-Amzn-Oidc-Identity', 'ana'],
        ['X-Goog-Authenticated-User-Email', 'accounts.google.com:ana@example.com'],
        ['Cf-Access-Authenticated-User-Email', 'ana@example.com'],
        ['X-Forwarded-User', 'ana'],
        ['Remote-User', 'ana'],
      ],
    ],
    [
      'alg none',
      async () => {
        const [, payload = ''] = (await site.balancers.token(signer)).split('.')
        return [[nameOf(signer), `${base64url({ alg: 'none', typ: 'JWT' })}.${payload}.`]]
      },
    ],
    [
      'alg none with a signature',
      async () => {
        const [, payload = ''] = (await site.balancers.token(signer)).split('.')
        return [[nameOf(signer), `${base64url({ alg: 'none', typ: 'JWT' })}.${payload}.AAAA`]]
      },
    ],
    ['an unsecured JWT', async () => [[nameOf(signer), new UnsecuredJWT({ sub: 'ana' }).encode()]]],
    [
      'another algorithm (RS256 for ES256 and the other way round)',
      () => good(signer, { header: { alg: signer === 'cloudflare-access' ? 'ES256' : 'RS256' } }),
    ],
    [
      'a key of its own under the same id, and where to find it',
      async () => {
        const alg = signer === 'cloudflare-access' ? 'RS256' : 'ES256'
        const { privateKey } = await generateKeyPair(alg)
        return good(signer, { withKey: privateKey, header: { jku: 'https://evil.example/jwks' } })
      },
    ],
    [
      'claims that were changed',
      async () => {
        const [header, , signature] = (await site.balancers.token(signer)).split('.')
        const [, payload] = (
          await site.balancers.token(signer, { claims: { groups: ['admins'], sub: 'root' } })
        ).split('.')
        return [[nameOf(signer), `${header}.${payload}.${signature}`]]
      },
    ],
    [
      'one that has expired',
      () => good(signer, { claims: { exp: seconds(-90) }, header: expiredHeader(signer) }),
      'TOKEN_EXPIRED',
    ],
    ['another issuer', () => good(signer, { claims: { iss: 'https://evil.example' } })],
    ['no subject', () => good(signer, { claims: { sub: undefined } })],
    ['a subject of control characters', () => good(signer, { claims: { sub: 'ana\r\nx' } })],
    ['one that is bound to a key', () => good(signer, { claims: { cnf: { jkt: 'x' } } })],
    ['a type of something else', () => good(signer, { header: { typ: 'at+jwt' } })],
    ['too long a token', async () => [[nameOf(signer), `a.${'b'.repeat(15_000)}.c`]]],
    ...['../', '..%2f', 'a/../b', '', 'http://evil.example/', '0f0e0d0c-0b0a-4908-8706-050403020100/..'].map(
      (kid): [string, () => Promise<Headers>] => [
        `the key id ${JSON.stringify(kid)}`,
        () => good(signer, { header: { kid } }),
      ],
    ),
    [
      'a key id that is not known',
      () => good(signer, { header: { kid: '11111111-1111-4111-8111-111111111111' } }),
    ],
    [
      'no key id with a key of its own',
      async () => {
        const alg = signer === 'cloudflare-access' ? 'RS256' : 'ES256'
        const { privateKey } = await generateKeyPair(alg)
        return good(signer, { withKey: privateKey, header: { kid: undefined } })
      },
    ],
  ]
  test.each(attacks)('%s', async (_what, make, code) => {
    await refused(signer, await make(), code)
  })

  test('its header is nobody’s on the relay’s own port, and its token no bearer token', async () => {
    const token = await site.balancers.token(signer)
    const answer = await site.ask(null, [[nameOf(signer), token]])
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'UNAUTHENTICATED'])
    await refused(null, [['Authorization', `Bearer ${token}`]])
  })

  test('and on the listener of another one neither', async () => {
    const headers = await good(signer)
    for (const other of signers) if (other !== signer) await refused(other, headers)
    for (const other of signers)
      if (other !== signer) await refused(other, [[nameOf(other), (headers[0] as [string, string])[1]]])
  })
})

function expiredHeader(signer: Signer): Record<string, unknown> {
  return signer === 'aws-alb' ? { exp: seconds(-90) } : {}
}

describe('what is pinned', () => {
  const arn = (change: (part: string) => string) => change(alb.signer)
  test.each<[string, Record<string, unknown>]>([
    ['another balancer', { signer: arn((s) => s.replace('50dc', '60dc')) }],
    ['another account', { signer: arn((s) => s.replace('123456789012', '999999999999')) }],
    ['another region', { signer: arn((s) => s.replace('eu-central-1', 'us-east-1')) }],
    ['a name that begins the same', { signer: `${alb.signer}0` }],
    ['no signer', { signer: undefined }],
    ['several signers', { signer: [alb.signer] }],
    ['another client', { client: 'other' }],
    ['no client', { client: undefined }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['no end', { exp: undefined }],
    ['an end in words', { exp: String(seconds(100)) }],
  ])('of an ALB: %s', async (_what, header) => {
    const asked = site.balancers.asked.length
    await refused('aws-alb', await good('aws-alb', { header }))
    // Whoever else signs does not have the relay look for keys.
    if (!('exp' in header)) expect(site.balancers.asked.length).toBe(asked)
  })

  test('of an ALB: an end in its header that has passed, whatever the payload says', async () => {
    await refused('aws-alb', await good('aws-alb', { header: { exp: seconds(-90) } }), 'TOKEN_EXPIRED')
  })

  test.each<[Signer, string, Record<string, unknown>]>([
    ['google-iap', 'another audience', { aud: '/projects/1234/global/backendServices/9' }],
    ['google-iap', 'no audience', { aud: undefined }],
    ['cloudflare-access', 'another audience', { aud: ['b'.repeat(64)] }],
    ['cloudflare-access', 'a token of the whole organisation', { type: 'org' }],
    ['cloudflare-access', 'a service token, which is nobody', { sub: '', common_name: 'x.access' }],
    ['jwt', 'another audience', { aud: 'urn:other' }],
    ['jwt', 'no end', { exp: undefined }],
  ])('of %s: %s', async (signer, _what, claims) => {
    await refused(signer, await good(signer, { claims }))
  })

  test('keys are looked for where they are fixed, and nowhere else', () => {
    expect([...new Set(site.balancers.asked)].sort()).toEqual(
      [
        'https://example.cloudflareaccess.com/cdn-cgi/access/certs',
        'https://proxy.example.com/jwks',
        'https://public-keys.auth.elb.eu-central-1.amazonaws.com/0f0e0d0c-0b0a-4908-8706-050403020100',
        'https://public-keys.auth.elb.eu-central-1.amazonaws.com/11111111-1111-4111-8111-111111111111',
        'https://www.gstatic.com/iap/verify/public_key-jwk',
      ].sort(),
    )
  })
})

test('nothing by which somebody says who they are gets to Airflow', async () => {
  let seen: string[] = []
  site.upstream.answer = (request, response) => {
    seen = request.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    response.end('{"dags":[]}')
  }
  const names = [
    'x-amzn-oidc-data',
    'x-amzn-oidc-accesstoken',
    'x-amzn-oidc-identity',
    'x-goog-iap-jwt-assertion',
    'x-goog-authenticated-user-email',
    'x-goog-authenticated-user-id',
    'cf-access-jwt-assertion',
    'cf-access-authenticated-user-email',
    'x-proxy-assertion',
    'x-forwarded-user',
    'tailscale-user-login',
    'x-jetway-assertion',
  ]
  const spellings = (name: string) => [
    name,
    name.toUpperCase(),
    name.replaceAll('-', '_'),
    name.replace('-', '_'),
    name.toUpperCase().replaceAll('-', '_'),
  ]
  const ways: [Signer | null, string, Headers][] = [
    [null, '', [['Authorization', `Bearer ${await site.provider.token()}`]]],
    ...(await Promise.all(
      signers.map(async (s): Promise<[Signer, string, Headers]> => [s, nameOf(s), await good(s)]),
    )),
  ]
  for (const [signer, own, credential] of ways) {
    const forged = names
      .filter((name) => name !== own)
      .flatMap((name) => spellings(name).map((spelled): [string, string] => [spelled, 'root']))
    const answer = await site.ask(signer, [...credential, ...forged, ['X-Own', '1']])
    expect(answer.status).toBe(200)
    expect(seen.filter((name) => name === 'authorization')).toHaveLength(1)
    expect(seen.filter((name) => name !== 'authorization').sort()).toEqual(
      ['connection', 'host', 'x-forwarded-for', 'x-own'].sort(),
    )
  }
})

test('every refusal is in the audit with its code', async () => {
  expect(refusals.length).toBeGreaterThan(150)
  const records = await eventually('all are written', async () => {
    const all = new Map((await site.relay.records()).map((record) => [record.id, record]))
    return refusals.every(({ id }) => all.has(id)) && all
  })
  for (const { id, code } of refusals)
    expect(records.get(id)).toMatchObject({
      principal: null,
      status: 401,
      error: code,
      decision: { effect: 'deny', code },
    })
})
