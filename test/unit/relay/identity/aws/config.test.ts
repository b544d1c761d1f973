import { describe, expect, test } from 'vitest'
import { type AwsConfig, awsConfig } from '#shared/config/identity/aws.ts'
import { identityConfig } from '#shared/config/identity/identity.ts'
import { awsMistakes } from '../../../../../relay/identity/aws/mistakes.ts'
import { awsTrustChanges } from '../../../../../relay/identity/aws/trust-changes.ts'

const account = '123456789012'
const ci = { account, role: 'airflow-ci', groups: ['data-eng'] }
const issuer = { account, issuer: 'https://a.tokens.sts.global.api.aws' }
const webIdentity = { audience: 'https://relay.example', issuers: [issuer] }
const good = { principals: [ci], regions: ['eu-central-1'], callerIdentity: {} }
const publicUrl = 'https://relay.example'

describe('what cannot be enforced is a mistake', () => {
  const mistakesOf = (aws: object) => {
    const oidc = { issuer: 'https://id.example', audience: 'x', clientId: 'jetway' }
    return awsMistakes(identityConfig.parse({ oidc, aws }), publicUrl).map(
      ({ path, what }) => `${path.join('.')} ${what}`,
    )
  }

  test('what can is none', () => {
    expect(mistakesOf(good)).toEqual([])
    expect(mistakesOf({ ...good, callerIdentity: undefined, webIdentity })).toEqual([])
  })

  test.each<[object, RegExp]>([
    [{ callerIdentity: undefined }, /neither webIdentity nor callerIdentity/],
    [{ principals: [{ ...ci, user: 'x' }] }, /^principals\.0 takes a role or a user/],
    [{ principals: [{ account, groups: ['x'] }] }, /^principals\.0 takes a role or a user/],
    [
      { principals: [ci, { ...ci, groups: ['admins'] }] },
      /^principals\.1 .*role\/airflow-ci stands here twice/,
    ],
    [{ principals: [{ ...ci, partition: 'aws-cn' }] }, /^principals\.0 cannot get in/],
    [
      { callerIdentity: undefined, webIdentity, principals: [ci, { ...ci, account: '210987654321' }] },
      /^principals\.1 cannot get in/,
    ],
    [
      { webIdentity: { ...webIdentity, issuers: [issuer, { ...issuer, account: '210987654321' }] } },
      /^webIdentity\.issuers\.1\.issuer .* speaks for someone else too/,
    ],
    [
      { webIdentity: { ...webIdentity, issuers: [{ account, issuer: 'https://id.example' }] } },
      /speaks for someone else too/,
    ],
    [
      { webIdentity: { ...webIdentity, issuers: [{ account, issuer: publicUrl }] } },
      /speaks for someone else/,
    ],
    [
      { webIdentity: { ...webIdentity, issuers: [{ ...issuer, account: '210987654321' }] } },
      /^webIdentity\.issuers\.0\.account nobody of 210987654321 is let in/,
    ],
  ])('%j', (part, what) => {
    expect(mistakesOf({ ...good, ...part })).toContainEqual(expect.stringMatching(what))
  })

  test.each([
    { principals: [{ ...ci, account: 123456789012 }] },
    { principals: [{ ...ci, account: '12345' }] },
    { principals: [{ ...ci, role: '*' }] },
    { principals: [{ ...ci, role: 'path/airflow-ci' }] },
    { principals: [{ ...ci, role: 'airflow-ci\n' }] },
    { principals: [{ ...ci, groups: [] }] },
    { principals: [] },
    { regions: ['eu-central-1.evil.example'] },
    { regions: ['evil.example/'] },
    { regions: ['EU-CENTRAL-1'] },
    { regions: ['us-east-1\n'] },
    { regions: [] },
    { stsUrl: 'https://evil.example' },
  ])('%j is of another form', (part) => {
    expect(awsConfig.safeParse({ ...good, ...part }).success).toBe(false)
  })
})

describe('what widens trust is said', () => {
  const aws = (part: object = {}): AwsConfig => awsConfig.parse({ ...good, webIdentity, ...part })

  test.each<[AwsConfig | undefined, AwsConfig | undefined, RegExp[]]>([
    [aws(), aws(), []],
    [aws(), undefined, []],
    [undefined, aws(), [/lets .*role\/airflow-ci in/, /callerIdentity lets in/, /believes https:\/\/a\./]],
    [
      aws(),
      aws({ principals: [ci, { account, user: 'x', groups: ['ops'] }] }),
      [/lets .*user\/x in, as ops/],
    ],
    [aws(), aws({ principals: [{ ...ci, groups: ['data-eng', 'ops'] }] }), [/puts .* into ops/]],
    [aws({ principals: [{ ...ci, groups: ['data-eng', 'ops'] }] }), aws(), []],
    [aws(), aws({ callerIdentity: { clockToleranceSeconds: 60 } }), [/live longer/]],
    [aws(), aws({ webIdentity: { ...webIdentity, audience: 'x' } }), [/https:\/\/relay\.example becomes x/]],
    [
      aws(),
      aws({ webIdentity: { ...webIdentity, issuers: [{ ...issuer, organisation: 'o-abc1234567' }] } }),
      [/takes account 123456789012 in o-abc1234567/],
    ],
  ])('case %#', (before, next, what) => {
    const changes = awsTrustChanges(before, next)
    expect(changes).toHaveLength(what.length)
    changes.forEach((change, i) => {
      expect(change).toMatch(what[i] as RegExp)
    })
  })
})
