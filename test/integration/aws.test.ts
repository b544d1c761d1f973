import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { AwsCredentials } from '#client/auth/aws/credentials.ts'
import type { AwsKeys } from '#client/auth/aws/identity.ts'
import { callerIdentityBody } from '#shared/aws/caller-identity.ts'
import { run } from '../../build/setup/run.ts'
import { freePort } from '../../demo/free-port.ts'
import { Processes } from '../../demo/processes.ts'
import { assumeRole, challengeOf, formOf, type Proof, redeem, region } from '../support/aws.ts'
import { addMotoUser, type Moto, startMoto } from '../support/moto.ts'
import { type OwnRelay, startOwnRelay } from '../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../support/told-upstream.ts'

const account = '123456789012'
const arn = `arn:aws:iam::${account}:role/airflow-ci`
const cli = join(import.meta.dirname, '../../cli/main.ts')

let moto: Moto
let provider: TokenProvider
let airflow: ToldUpstream
let relay: OwnRelay
let keys: Record<'ci' | 'admin' | 'elsewhere' | 'longer' | 'tricky' | 'user', AwsKeys>
/** Which hosts the relay asked, and where they are. */
let asked: string[]
let stsAt: string
const logged: string[] = []

beforeAll(async () => {
  moto = await startMoto(async (url) => {
    const role = (name: string, of = account, session = 'nightly') =>
      assumeRole(url, `arn:aws:iam::${of}:role/${name}`, session)
    keys = {
      ci: await role('ci/airflow-ci'),
      admin: await role('admin'),
      elsewhere: await role('airflow-ci', '210987654321'),
      longer: await role('airflow-ci-2'),
      tricky: await role('admin', account, 'airflow-ci'),
      user: await addMotoUser(url, 'airflow-ci'),
    }
  })
  provider = await startTokenProvider()
  airflow = await startToldUpstream()
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) })
  relay = await startOwnRelay(
    provider.issuer,
    {
      identity: {
        aws: {
          principals: [{ account, role: 'airflow-ci', groups: ['data-eng'] }],
          regions: [region, 'us-east-1'],
          callerIdentity: {},
        },
      },
      services: { airflow: { type: 'airflow', url: airflow.url, identity: { keyFile: 'relay.pem' } } },
      direct: 'airflow',
      policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] },
    },
    log,
    (host) => {
      asked.push(host)
      return stsAt
    },
  )
}, 300_000)
afterAll(async () => {
  await relay?.close()
  airflow?.close()
  await provider?.close()
  await moto?.stop()
})
beforeEach(() => {
  asked = []
  stsAt = moto.url
  logged.length = 0
})

/** A form with a fresh challenge of the relay's, signed by the role that is let in, but for what is given. */
const form = async (proof: Partial<Proof> = {}) =>
  formOf({ keys: keys.ci, relay: relay.url, challenge: await challengeOf(relay.url), ...proof })
const lastRecord = async () => {
  await relay.auditLog.flush()
  return (await relay.records()).at(-1)
}
const refusal = {
  status: 400,
  body: {
    error: 'invalid_grant',
    error_description: 'The relay did not accept this AWS identity.',
  },
}

test('a role gets a token, and what its groups may', async () => {
  const { status, body } = await redeem(relay.url, await form())
  expect([status, body]).toEqual([
    200,
    {
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      sub: arn,
      name: `airflow-ci@${account}`,
    },
  ])
  expect(body.expires_in).toBeLessThanOrEqual(900)
  expect(asked).toEqual([`sts.${region}.amazonaws.com`])
  expect(await lastRecord()).toMatchObject({
    kind: 'session',
    verb: 'token.issue',
    principal: {
      kind: 'machine',
      issuer: 'https://sts.amazonaws.com',
      subject: arn,
      name: `airflow-ci@${account}`,
      groups: ['data-eng'],
      session: 'nightly',
    },
    decision: { effect: 'allow', code: null },
  })

  const ask = (method: string, path: string) =>
    fetch(relay.url + path, { method, headers: { authorization: `Bearer ${body.access_token}` } })
  expect((await ask('GET', '/api/v2/dags')).status).toBe(200)
  expect((await ask('POST', '/api/v2/dags/hello/dagRuns')).status).toBe(403)
  expect(await lastRecord()).toMatchObject({
    verb: 'run.trigger',
    principal: { subject: arn, session: 'nightly' },
    decision: { effect: 'deny', code: 'FORBIDDEN' },
  })
})

/** Each with why, in the log alone. Null: STS refuses it. */
const attacks: [string, () => Promise<Record<string, string>>, RegExp | null][] = [
  // CVE-2025-49827: the region made the host.
  ['another host', async () => ({ ...(await form()), region: 'evil.example/' }), /region/],
  ['a host with a port', async () => ({ ...(await form()), region: `${region}.evil.example:443` }), /region/],
  ['a host with userinfo', async () => ({ ...(await form()), region: `${region}@evil.example` }), /region/],
  ['a trailing dot', async () => ({ ...(await form()), region: `${region}.` }), /region/],
  ['upper case', async () => ({ ...(await form()), region: region.toUpperCase() }), /region/],
  ['a region that is not asked', () => form({ region: 'eu-west-1' }), /a region that is not asked/],
  ['another region than the signed one', async () => ({ ...(await form()), region: 'us-east-1' }), null],
  ['no challenge', async () => ({ ...(await form()), challenge: '' }), /challenge is missing/],
  ['a challenge that is not signed', () => form({ headers: { 'x-jetway-challenge': undefined } }), null],
  [
    'another challenge than the signed one',
    async () => ({ ...(await form()), challenge: await challengeOf(relay.url) }),
    null,
  ],
  ['a challenge of its own', () => form({ challenge: 'A'.repeat(43) }), /has not given/],
  ['a proof for another relay', () => form({ relay: 'https://evil.example' }), null],
  ['a proof for no relay', () => form({ headers: { 'x-jetway-relay': undefined } }), null],
  // CVE-2025-11621: the same role name in an account that nobody trusts.
  [
    'another account',
    () => form({ keys: keys.elsewhere }),
    /no rule lets arn:aws:iam::210987654321:role\/airflow-ci in/,
  ],
  ['another role', () => form({ keys: keys.admin }), /no rule lets/],
  ['a role whose name only begins so', () => form({ keys: keys.longer }), /no rule lets/],
  [
    'a session that has the name of the role',
    () => form({ keys: keys.tricky }),
    /no rule lets .*role\/admin in/,
  ],
  ['an IAM user of that name', () => form({ keys: keys.user }), /no rule lets .*user\/airflow-ci in/],
  ['keys that are not AWS’s', () => form({ keys: { ...keys.ci, secretAccessKey: 'x' } }), null],
  // CVE-2020-16250: another action answers what the caller wants.
  ['another action', () => form({ body: 'Action=AssumeRole&Version=2011-06-15&ContentType=JSON' }), null],
  ['a longer body', () => form({ body: `${callerIdentityBody}&Action=GetSessionToken` }), null],
  ['another path', () => form({ path: '/x' }), null],
  ['a header more', () => form({ headers: { 'x-amz-target': 'x' } }), null],
  ['another type of body', () => form({ headers: { 'content-type': 'application/json' } }), null],
  [
    'a signed x-amz-content-sha256',
    () => form({ headers: { 'x-amz-content-sha256': '0'.repeat(64) } }),
    null,
  ],
  ['an old date', () => form({ date: new Date(Date.now() - 120_000) }), /signed 1\d\d s ago/],
  ['a date to come', () => form({ date: new Date(Date.now() + 60_000) }), /signed -\d+ s ago/],
  [
    'another date than the signed one',
    async () => ({
      ...(await form({ date: new Date(Date.now() - 5000) })),
      date: (await form()).date as string,
    }),
    null,
  ],
  ['a date that is none', async () => ({ ...(await form()), date: '20261345T256199Z' }), /no date/],
  [
    'a header in a header',
    async () => ({ ...(await form()), security_token: 'x\r\nhost: evil.example' }),
    /security_token/,
  ],
  [
    'a signature that is a presigned query',
    async () => ({ ...(await form()), signature: '', 'X-Amz-Signature': '0'.repeat(64) }),
    /signature/,
  ],
  // CVE-2022-2385: of what is said twice, in another case, the second one.
  [
    'access keys in two spellings',
    async () => ({
      ...(await form()),
      access_key_id: `${keys.ci.accessKeyId}&`,
      Access_Key_Id: keys.ci.accessKeyId,
    }),
    /access_key_id/,
  ],
]

test.each(attacks)('%s is refused without a word why', async (_what, make, why) => {
  expect(await redeem(relay.url, await make())).toEqual(refusal)
  expect(
    asked.every((host) => host === `sts.${region}.amazonaws.com` || host === 'sts.us-east-1.amazonaws.com'),
  ).toBe(true)
  expect(logged.join('')).toMatch(why ?? /answered with status 403/)
  expect(await lastRecord()).toMatchObject({
    kind: 'session',
    verb: 'token.issue',
    principal: null,
    decision: { effect: 'deny', code: 'UNAUTHENTICATED' },
    status: 400,
  })
})

test('what the relay does not know decides nothing', async () => {
  const more = { host: 'evil.example', url: 'https://evil.example/', role: 'admin', groups: 'admins' }
  const { status, body } = await redeem(relay.url, { ...(await form()), ...more })
  expect([status, body.sub]).toEqual([200, arn])
  expect(asked).toEqual([`sts.${region}.amazonaws.com`])
})

describe('a challenge is good once', () => {
  test('one after the other', async () => {
    const proof = await form()
    expect((await redeem(relay.url, proof)).status).toBe(200)
    expect(await redeem(relay.url, proof)).toEqual(refusal)
    expect(asked).toHaveLength(1)
  })

  test('both at once', async () => {
    const proof = await form()
    const answers = await Promise.all([1, 2, 3, 4].map(() => redeem(relay.url, proof)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400])
    expect(asked).toHaveLength(1)
  })

  test('also where the attempt failed', async () => {
    const challenge = await challengeOf(relay.url)
    expect(await redeem(relay.url, await form({ challenge, keys: keys.admin }))).toEqual(refusal)
    expect(await redeem(relay.url, await form({ challenge }))).toEqual(refusal)
    expect(asked).toHaveLength(1)
  })

  test('and in one spelling', async () => {
    const challenge = await challengeOf(relay.url)
    // The last character of 43 has two bits that say nothing.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(challenge.at(-1) as string)
    const other = challenge.slice(0, -1) + alphabet[last ^ 1]
    expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(challenge, 'base64url'))
    expect(await redeem(relay.url, await form({ challenge: other }))).toEqual(refusal)
    expect(asked).toEqual([])
  })
})

test('the client’s token is of no use without its key', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', keys.ci.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', keys.ci.secretAccessKey)
  vi.stubEnv('AWS_SESSION_TOKEN', keys.ci.sessionToken)
  const aws = { regions: [region], audience: null, callerIdentity: true }
  const own = new AwsCredentials({ relayUrl: relay.url, region: null })
  const { token, key } = await own.accessToken({ aws, dpop: 'required' }, null)
  vi.unstubAllEnvs()
  const url = `${relay.url}/api/v2/dags`
  const ask = async (scheme: string) => {
    const proof = await key?.proof({ method: 'GET', url, accessToken: token })
    return fetch(url, { headers: { authorization: `${scheme} ${token}`, dpop: proof ?? '' } })
  }
  expect((await ask('Bearer')).status).toBe(401)
  expect((await ask('DPoP')).status).toBe(200)
  expect((await lastRecord())?.principal).toMatchObject({ subject: arn, session: 'nightly' })
})

describe('on the command line', () => {
  let home: string
  let processes: Processes
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'jetway-aws-'))
    processes = new Processes()
  })
  afterAll(async () => {
    await processes.stopAll()
    await rm(home, { recursive: true, force: true })
  })
  const envOf = (own: AwsKeys | null) => ({
    PATH: process.env.PATH,
    JETWAY_HOME: home,
    HOME: home,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(own && {
      AWS_ACCESS_KEY_ID: own.accessKeyId,
      AWS_SECRET_ACCESS_KEY: own.secretAccessKey,
      AWS_SESSION_TOKEN: own.sessionToken,
    }),
  })
  const jetway = (own: AwsKeys | null, ...args: string[]) =>
    run(process.execPath, ['--no-warnings', cli, ...args], { env: envOf(own) })
  const login = ['login', '--aws', '--token-store', 'memory', '--relay']

  test('a machine without an identity is told what is missing', async () => {
    await expect(jetway(null, ...login, relay.url)).rejects.toThrow(/This machine has no AWS identity/)
  })

  test('a role that is not let in is told no more than that', async () => {
    await expect(jetway(keys.admin, ...login, relay.url)).rejects.toThrow(/This AWS identity is not let in/)
  })

  test('a region that the relay does not ask is a mistake', async () => {
    await expect(jetway(keys.ci, ...login, relay.url, '--region', 'eu-west-1')).rejects.toThrow(
      /The relay asks AWS in eu-central-1, us-east-1, not in eu-west-1/,
    )
  })

  test('a role signs in, and connects from then on without being asked', async () => {
    expect(await jetway(keys.ci, ...login, relay.url)).toContain(
      `Signed in to airflow as airflow-ci@${account}.`,
    )
    const port = await freePort()
    const url = await new Promise<string>((resolve, reject) => {
      processes.failure.catch(reject)
      const args = [
        'connect',
        '--relay',
        relay.url,
        '--port',
        String(port),
        '--token-store',
        'memory',
        '--json',
      ]
      processes.start('jetway connect', process.execPath, ['--no-warnings', cli, ...args], {
        env: envOf(keys.ci),
        logFile: join(home, 'connect.log'),
        onLine: (line) => {
          const event = JSON.parse(line)
          if (event.event === 'connected') resolve(event.environment.services[0].localUrl)
        },
      })
    })
    expect((await fetch(`${url}/api/v2/dags`)).status).toBe(200)
    expect((await fetch(`${url}/api/v2/dags/hello/dagRuns`, { method: 'POST' })).status).toBe(403)
    expect(await jetway(null, 'status')).toContain(`connected as airflow-ci@${account}`)
    const status = JSON.parse(await jetway(null, 'status', '--json'))
    expect(status.environments[0]).toMatchObject({ signedIn: true, person: { subject: arn } })

    const remembered = async () =>
      JSON.parse(await readFile(join(home, 'environments.json'), 'utf8')).environments[0].aws
    expect(await remembered()).toEqual({ region: null })
    await processes.stopAll()
    await jetway(keys.ci, 'logout', '--token-store', 'memory')
    expect(await remembered()).toBe(null)
  })
})
