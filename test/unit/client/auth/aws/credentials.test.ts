import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { AwsCredentials } from '#client/auth/aws/credentials.ts'
import { regionOf } from '#client/auth/aws/identity.ts'
import { startTokenProvider, type TokenProvider } from '../../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../../support/told-upstream.ts'

/** What relay and STS answer is said here; that they take what is sent, test/integration/aws.test.ts shows. */
const challenge = 'A'.repeat(43)
const sub = 'arn:aws:iam::123456789012:role/airflow-ci'
const offer = (aws: object = {}, dpop: 'optional' | 'required' = 'optional') => ({
  aws: { regions: ['eu-central-1'], audience: null, callerIdentity: true, ...aws },
  dpop,
})
const offered = offer()

let relay: ToldUpstream
let sts: ToldUpstream
let issuer: TokenProvider
/** Paths of the relay's that were asked for. */
let asked: string[]
/** What the relay answers, by path. */
let answers: Record<string, { status: number; body: object; date?: Date }>
beforeAll(async () => {
  relay = await startToldUpstream()
  sts = await startToldUpstream()
  issuer = await startTokenProvider()
})
afterAll(async () => {
  relay.close()
  sts.close()
  await issuer.close()
})
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIAEXAMPLEEXAMPLE12')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  vi.stubEnv('AWS_SESSION_TOKEN', 'dG9rZW4=')
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
  asked = []
  answers = {
    '/aws/challenge': { status: 200, body: { challenge, expires_in: 60 } },
    '/oauth/token': {
      status: 200,
      body: { access_token: 't', token_type: 'DPoP', expires_in: 600, sub, name: 'ci@1' },
    },
  }
  relay.answer = (request, response) => {
    asked.push(request.url as string)
    const { status, body, date } = answers[request.url as string] as (typeof answers)[string]
    if (date) response.setHeader('date', date.toUTCString())
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
})
afterEach(() => vi.unstubAllEnvs())

const credentials = (region: string | null = null) => new AwsCredentials({ relayUrl: relay.url, region })

test('one token for all who ask, until it is used up', async () => {
  const own = credentials()
  expect(own.person).toBe(null)
  const all = await Promise.all([1, 2, 3].map(() => own.accessToken(offered, null)))
  expect(all.map(({ token }) => token)).toEqual(['t', 't', 't'])
  expect(own.person).toEqual({ subject: sub, name: 'ci@1', email: null })
  await own.accessToken(offered, null)
  expect(asked).toEqual(['/aws/challenge', '/oauth/token'])
  await own.accessToken(offered, null, 't')
  expect(asked).toHaveLength(4)
})

test('one that is about to end is replaced', async () => {
  const own = credentials()
  Object.assign(answers['/oauth/token']?.body ?? {}, { expires_in: 29 })
  await own.accessToken(offered, null)
  await own.accessToken(offered, null)
  expect(asked).toHaveLength(4)
})

test.each<[string, () => void, object]>([
  [
    'the relay does not let it in',
    () => {
      answers['/oauth/token'] = { status: 400, body: { error: 'invalid_grant' } }
    },
    { code: 'AWS_IDENTITY_REFUSED' },
  ],
  [
    'the clock is ahead',
    () => {
      Object.assign(answers['/aws/challenge'] ?? {}, { date: new Date(Date.now() - 300_000) })
    },
    { code: 'CLOCK_DIFFERS', message: expect.stringMatching(/It is (299|300|301) s ahead of the relay’s/) },
  ],
  [
    'the clock is behind',
    () => {
      Object.assign(answers['/aws/challenge'] ?? {}, { date: new Date(Date.now() + 300_000) })
    },
    { code: 'CLOCK_DIFFERS', message: expect.stringContaining('s behind the relay’s') },
  ],
  [
    'the relay has given too many challenges',
    () => {
      const body = { code: 'RATE_LIMITED', detail: 'This may be done 300 in 60 s.', action: 'Wait.' }
      answers['/aws/challenge'] = { status: 429, body }
    },
    { code: 'RATE_LIMITED', message: 'This may be done 300 in 60 s.' },
  ],
  [
    'something else answers',
    () => {
      answers['/aws/challenge'] = { status: 200, body: { challenge: 'x\r\nhost: evil' } }
    },
    { code: 'NOT_A_RELAY' },
  ],
])('when %s, that is said', async (_what, arrange, error) => {
  arrange()
  await expect(credentials().accessToken(offered, null)).rejects.toMatchObject(error)
})

test('a relay that takes no AWS identities is told so', async () => {
  await expect(credentials().accessToken({ ...offered, aws: null }, null)).rejects.toMatchObject({
    code: 'AWS_NOT_TAKEN',
  })
})

const tellSts = (status: number, body: string) => {
  sts.answer = (_request, response) => response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
}
const refusal = '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code></Error></ErrorResponse>'

test('where the relay takes tokens of AWS, one is asked for first', async () => {
  const token = await issuer.token({ sub: 'arn:aws:iam::123456789012:role/path/airflow-ci' })
  let form = new URLSearchParams()
  sts.answer = async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    form = new URLSearchParams(body)
    response.writeHead(200, { 'content-type': 'text/xml' }).end(
      `<GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetWebIdentityTokenResult>
       <WebIdentityToken>${token}</WebIdentityToken></GetWebIdentityTokenResult></GetWebIdentityTokenResponse>`,
    )
  }
  const own = credentials()
  const audience = 'https://relay.example'
  expect(await own.accessToken(offer({ audience }), null)).toMatchObject({
    token,
    expires: decodeJwt(token).exp,
    key: null,
  })
  expect(Object.fromEntries(form)).toMatchObject({
    Action: 'GetWebIdentityToken',
    'Audience.member.1': audience,
    SigningAlgorithm: 'ES384',
  })
  expect(own.person?.name).toBe('airflow-ci@123456789012')
  expect(asked).toEqual([])
})

test('where AWS gives none, a signed request does', async () => {
  tellSts(403, refusal)
  expect(await credentials().accessToken(offer({ audience: 'x' }), null)).toMatchObject({ token: 't' })
})

test('and where every token has to be bound to a key, AWS is not asked for one', async () => {
  let times = 0
  sts.answer = (_request, response) => {
    times += 1
    response.end()
  }
  const token = await credentials().accessToken(offer({ audience: 'x' }, 'required'), null)
  expect([token.token, token.key === null, times]).toEqual(['t', false, 0])
})

test('and where that is not taken either, nothing does', async () => {
  tellSts(403, refusal)
  await expect(
    credentials().accessToken(offer({ audience: 'x', callerIdentity: false }), null),
  ).rejects.toMatchObject({ code: 'AWS_IDENTITY_REFUSED' })
})

test('the region is the wanted one, the machine’s own, or the relay’s first', () => {
  const known = ['eu-central-1', 'us-east-1']
  expect(regionOf('us-east-1', known, { AWS_REGION: 'eu-central-1' })).toBe('us-east-1')
  expect(regionOf(null, known, { AWS_REGION: 'us-east-1' })).toBe('us-east-1')
  expect(regionOf(null, known, { AWS_DEFAULT_REGION: 'us-east-1' })).toBe('us-east-1')
  expect(regionOf(null, known, { AWS_REGION: 'ap-south-1' })).toBe('eu-central-1')
  expect(() => regionOf('ap-south-1', known, {})).toThrow(/not in ap-south-1/)
})
