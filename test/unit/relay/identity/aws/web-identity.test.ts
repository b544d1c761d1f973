import { afterAll, beforeAll, expect, test } from 'vitest'
import { identityConfig } from '#shared/config/identity/identity.ts'
import { Authenticators } from '../../../../../relay/identity/authenticators.ts'
import { startTokenProvider, type TokenProvider } from '../../../../support/token-provider.ts'

const [account, other] = ['123456789012', '210987654321']
const audience = 'https://relay.example'
const arn = `arn:aws:iam::${account}:role/airflow-ci`
const space = 'https://sts.amazonaws.com/'

let people: TokenProvider
let aws: TokenProvider
let all: Authenticators
beforeAll(async () => {
  people = await startTokenProvider()
  aws = await startTokenProvider()
  all = new Authenticators(
    identityConfig.parse({
      oidc: { issuer: people.issuer, audience: 'urn:people', clientId: 'jetway' },
      aws: {
        principals: [
          { account, role: 'airflow-ci', groups: ['data-eng'] },
          { account: other, role: 'airflow-ci', groups: ['admins'] },
        ],
        regions: ['eu-central-1'],
        webIdentity: { audience, issuers: [{ account, issuer: aws.issuer, organisation: 'o-abc1234567' }] },
      },
    }),
  )
})
afterAll(async () => {
  await people.close()
  await aws.close()
})

/** As AWS makes them, but for what is given. */
const token = (claims: object = {}, more: object = {}, header: object = {}) =>
  aws.token(
    {
      aud: audience,
      sub: `arn:aws:iam::${account}:role/ci/airflow-ci`,
      email: undefined,
      groups: undefined,
      jti: 'one',
      [space]: { aws_account: account, org_id: 'o-abc1234567', source_region: 'eu-central-1', ...more },
      ...claims,
    },
    { typ: 'JWT', ...header },
  )
const authenticate = async (text: string) => {
  const { principal } = await all.authenticate({
    scheme: 'Bearer',
    token: text,
    proof: null,
    method: 'GET',
    url: 'https://relay.example/api/v2/dags',
  })
  return principal
}
const seconds = (n: number) => Math.floor(Date.now() / 1000) + n

test('a role is the same principal as by a signed request', async () => {
  const principal = await authenticate(await token())
  expect(principal).toEqual({
    kind: 'machine',
    issuer: 'https://sts.amazonaws.com',
    subject: arn,
    name: `airflow-ci@${account}`,
    email: null,
    groups: ['data-eng'],
    authTime: null,
    expires: expect.any(Number),
    authentication: { by: 'identity.aws.webIdentity', tokenId: 'one', sessionId: null, acr: null },
  })
  expect(all.trusts(principal)).toBe(true)
  expect(all.trusts({ ...principal, groups: ['data-eng', 'ops'] })).toBe(false)
  expect(all.trusts({ ...principal, subject: `${arn}-2` })).toBe(false)
})

test('AWS does not say what type the header has', async () => {
  expect(await authenticate(await token({}, {}, { typ: undefined }))).toMatchObject({ subject: arn })
})

test('a token of an hour is believed for a quarter of one', async () => {
  const { expires } = await authenticate(await token({ exp: seconds(3600) }))
  expect(expires).toBeLessThanOrEqual(seconds(900))
})

test.each<[string, () => Promise<string>, string?]>([
  ['for another audience', () => token({ aud: 'https://other.example' })],
  ['that has expired', () => token({ exp: seconds(-60) }), 'TOKEN_EXPIRED'],
  [
    'that is older than a quarter of an hour',
    () => token({ iat: seconds(-1000), exp: seconds(2600) }),
    'TOKEN_EXPIRED',
  ],
  // CVE-2025-11621: the same name in another account, that is even let in by an issuer of its own.
  [
    'of another account',
    () => token({ sub: `arn:aws:iam::${other}:role/airflow-ci` }, { aws_account: other }),
  ],
  ['whose subject is of another account', () => token({ sub: `arn:aws:iam::${other}:role/airflow-ci` })],
  ['that AWS made for another account', () => token({}, { aws_account: other })],
  ['of an account in another organisation', () => token({}, { org_id: 'o-evil567890' })],
  ['of an account in none', () => token({ [space]: undefined })],
  ['of another role', () => token({ sub: `arn:aws:iam::${account}:role/admin` })],
  ['of a role with a longer name', () => token({ sub: `arn:aws:iam::${account}:role/airflow-ci-2` })],
  ['of a path that is the role', () => token({ sub: `arn:aws:iam::${account}:role/airflow-ci/admin` })],
  ['of a user', () => token({ sub: `arn:aws:iam::${account}:user/airflow-ci` })],
  ['for whom it acts', () => token({ sub: arn, subject_mode: 'OriginIdentity' })],
  [
    'whose caller is another one',
    () => token({ sub: arn }, { principal_id: `arn:aws:iam::${account}:role/x` }),
  ],
  ['with claims of AWS that are no object', () => token({ [space]: 'x' })],
  ['of a type that is not made there', () => token({}, {}, { typ: 'at+jwt' })],
  ['of a type that is no text', () => token({}, {}, { typ: 1 })],
  ['of the people’s provider', () => people.token({ aud: audience, sub: arn })],
])('a token %s is refused', async (_what, make, code = 'UNAUTHENTICATED') => {
  await expect(authenticate(await make())).rejects.toMatchObject({ code })
})
