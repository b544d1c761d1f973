import { mkdtempSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { callerIdentityBody } from '#shared/aws/caller-identity.ts'
import { createCallerIdentityGrant } from '../../../../../relay/identity/aws/caller-identity.ts'
import { AwsChallenges } from '../../../../../relay/identity/aws/challenges.ts'
import { AwsPrincipals } from '../../../../../relay/identity/aws/principals.ts'
import type { Principal } from '../../../../../relay/identity/principal.ts'
import { Keyring } from '../../../../../relay/oauth/keyring.ts'
import { openSqliteState } from '../../../../../relay/state/sqlite.ts'
import { account, answer, json, session, stsAnswers } from '../../../../support/attacks/sts-answers.ts'
import { formOf, region } from '../../../../support/aws.ts'
import { pick, seeded } from '../../../../support/random.ts'
import { startToldUpstream, type ToldUpstream } from '../../../../support/told-upstream.ts'

/** What STS answers is said here; that a signature is one, test/integration/aws.test.ts shows with moto. */
const relay = 'https://relay.example'
const keys = { accessKeyId: 'ASIAEXAMPLEEXAMPLE12', secretAccessKey: 'secret', sessionToken: 'dG9rZW4=' }
const folder = mkdtempSync(join(tmpdir(), 'jetway-aws-'))
const state = openSqliteState(':memory:')
const keyring = Keyring.open(join(folder, 'keys'))
const principals = new AwsPrincipals([
  { account, role: 'airflow-ci', partition: 'aws', groups: ['data-eng'] },
  { account, user: 'nightly', partition: 'aws', groups: ['ops'] },
])

let sts: ToldUpstream
let challenges: AwsChallenges
beforeAll(async () => {
  sts = await startToldUpstream()
})
afterAll(async () => {
  sts.close()
  await state.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  challenges = new AwsChallenges(keyring, state)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const redeem = async (
  form: Record<string, string>,
  stsUrl: () => string = () => sts.url,
): Promise<Principal> => {
  const grant = createCallerIdentityGrant({
    principals,
    challenges,
    regions: [region],
    clockToleranceSeconds: 30,
    publicUrl: `${relay}/`,
    stsUrl,
  })
  const caller = { address: '127.0.0.1', request: null as never, keyThumbprint: null }
  return (await grant.redeem(new Map(Object.entries(form)), caller)).principal
}
const proof = () => formOf({ keys, relay, challenge: challenges.issue('127.0.0.1') })
const refused = { error: 'invalid_grant', message: 'The relay did not accept this AWS identity.' }

test('what is sent to STS was built here', async () => {
  let got: object = {}
  sts.answer = async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url, rawHeaders } = request
    got = { method, url, body, rawHeaders }
    json(answer(session('airflow-ci')))(request, response)
  }
  const form = await proof()
  await redeem({ ...form, host: 'evil.example', 'x-evil': '1' })
  const signed = 'content-type;host;x-amz-date;x-amz-security-token;x-jetway-challenge;x-jetway-relay'
  expect(got).toEqual({
    method: 'POST',
    url: '/',
    body: callerIdentityBody,
    rawHeaders: [
      'host',
      `sts.${region}.amazonaws.com`,
      'connection',
      'keep-alive',
      'content-type',
      'application/x-www-form-urlencoded; charset=utf-8',
      'x-amz-date',
      form.date,
      'x-amz-security-token',
      keys.sessionToken,
      'x-jetway-challenge',
      form.challenge,
      'x-jetway-relay',
      relay,
      'accept',
      'application/json',
      'authorization',
      `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${form.date?.slice(0, 8)}/${region}/sts/aws4_request, SignedHeaders=${signed}, Signature=${form.signature}`,
      'content-length',
      String(callerIdentityBody.length),
    ],
  })
})

test('an IAM user is let in where a rule says so', async () => {
  sts.answer = json(answer(`arn:aws:iam::${account}:user/path/nightly`))
  const { sessionToken, ...longLived } = keys
  const form = await formOf({ keys: longLived, relay, challenge: challenges.issue('127.0.0.1') })
  expect(await redeem(form)).toMatchObject({
    subject: `arn:aws:iam::${account}:user/nightly`,
    groups: ['ops'],
    authentication: { by: 'identity.aws.callerIdentity', sessionId: null },
  })
})

/** Through a whole relay: see attacks.test.ts. */
test.each(stsAnswers)('whom STS answers with %s for is nobody, and it is asked once', async (_what, make) => {
  let times = 0
  const told = make(sts.url)
  sts.answer = (request, response) => {
    times += 1
    told(request, response)
  }
  await expect(redeem(await proof())).rejects.toMatchObject(refused)
  expect(times).toBe(1)
})

test.each<[string, RequestListener]>([
  ['has an error of its own', json('{}', 500)],
  ['cuts the connection', (request) => request.socket.destroy()],
])('when STS %s, a retry can help', async (_what, told) => {
  sts.answer = told
  await expect(redeem(await proof())).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
})

describe('a challenge', () => {
  beforeEach(() => {
    sts.answer = json(answer(session('airflow-ci')))
  })

  test('is good for a minute', async () => {
    const [now, form] = [Date.now(), await proof()]
    vi.spyOn(Date, 'now').mockReturnValue(now + 61_000)
    await expect(redeem(form)).rejects.toMatchObject({
      ...refused,
      cause: expect.objectContaining({ message: 'the challenge has expired' }),
    })
  })

  test('is used up by one of many', async () => {
    const form = await proof()
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => redeem(form)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('of another relay is none', async () => {
    const other = new AwsChallenges(Keyring.open(join(folder, 'other')), state)
    const form = await formOf({ keys, relay, challenge: other.issue('127.0.0.1') })
    await expect(redeem(form)).rejects.toMatchObject(refused)
  })

  test('with any bit turned is none', async () => {
    const bytes = Buffer.from(challenges.issue('127.0.0.1'), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const turned = Buffer.from(bytes)
      turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      await expect(challenges.use(turned.toString('base64url'))).rejects.toThrow(/has not given/)
    }
    await challenges.use(bytes.toString('base64url'))
  })

  test('is not given without end, to one address or to all', () => {
    vi.spyOn(Date, 'now').mockReturnValue(Date.now())
    for (let n = 0; n < 300; n += 1) challenges.issue('192.0.2.1')
    expect(() => challenges.issue('192.0.2.1')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
    for (let n = 0; n < 2700; n += 1) challenges.issue(`2001:db8::${n.toString(16)}`)
    expect(() => challenges.issue('192.0.2.2')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  })
})

test('whatever the session is called, it is the same principal', async () => {
  const random = seeded(7)
  const alphabet = 'abcXYZ019_+=,.@-'
  const { authentication, expires, ...first } = await principalWith('nightly')
  expect(first).toMatchObject({ subject: `arn:aws:iam::${account}:role/airflow-ci`, groups: ['data-eng'] })
  for (let n = 0; n < 200; n += 1) {
    const length = 1 + Math.floor(random() * 64)
    const name = pick(random, [
      'admin',
      'airflow-ci',
      'assumed-role',
      Array.from({ length }, () => pick(random, [...alphabet])).join(''),
    ])
    const { authentication: how, expires: _, ...principal } = await principalWith(name)
    expect(principal).toEqual(first)
    expect(how).toEqual({ ...authentication, sessionId: name })
  }
})

async function principalWith(name: string): Promise<Principal> {
  // Property, not rate.
  challenges = new AwsChallenges(keyring, state)
  sts.answer = json(answer(session('airflow-ci', name)))
  return redeem(await proof())
}

test('a challenge of the key before is good, and of a key that was replaced it is not', async () => {
  const ring = Keyring.open(join(folder, 'rotated'))
  const rotated = new AwsChallenges(ring, state)
  const [first, second] = [rotated.issue('127.0.0.1'), rotated.issue('127.0.0.1')]
  ring.makeNext(Math.floor(Date.now() / 1000) - 1)
  await rotated.use(first)
  ring.replace()
  await expect(rotated.use(second)).rejects.toThrow('a challenge that the relay has not given')
})
