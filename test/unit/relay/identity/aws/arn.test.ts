import { expect, test } from 'vitest'
import { canonicalArn, parseArn } from '../../../../../relay/identity/aws/arn.ts'

test.each([
  ['arn:aws:sts::123456789012:assumed-role/ci/nightly', 'arn:aws:iam::123456789012:role/ci', 'nightly'],
  ['arn:aws:iam::123456789012:role/ci', 'arn:aws:iam::123456789012:role/ci', null],
  ['arn:aws:iam::123456789012:role/a/b/ci', 'arn:aws:iam::123456789012:role/ci', null],
  ['arn:aws-cn:iam::123456789012:user/x/ci', 'arn:aws-cn:iam::123456789012:user/ci', null],
  [
    'arn:aws-us-gov:sts::123456789012:assumed-role/ci/a=b,c.d@e-f_+',
    'arn:aws-us-gov:iam::123456789012:role/ci',
    'a=b,c.d@e-f_+',
  ],
])('%s is %s', (arn, canonical, sessionName) => {
  const identity = parseArn(arn)
  expect([canonicalArn(identity), identity.sessionName]).toEqual([canonical, sessionName])
})

test.each([
  '',
  'arn:aws:iam::123456789012:root',
  'arn:aws:sts::123456789012:federated-user/ci',
  'arn:aws:sts::123456789012:assumed-role/ci',
  'arn:aws:sts::123456789012:assumed-role/ci/',
  'arn:aws:sts::123456789012:assumed-role/ci/a/b',
  'arn:aws:sts::123456789012:assumed-role/x/ci/nightly',
  'arn:aws:sts::123456789012:assumed-role/*/nightly',
  'arn:aws:sts::12345678901:assumed-role/ci/nightly',
  'arn:aws:sts:eu-central-1:123456789012:assumed-role/ci/nightly',
  'arn:aws-iso:sts::123456789012:assumed-role/ci/nightly',
  'ARN:AWS:STS::123456789012:ASSUMED-ROLE/ci/nightly',
  ' arn:aws:iam::123456789012:role/ci',
  'arn:aws:iam::123456789012:role/ci\n',
  'arn:aws:iam::123456789012:role/',
  'arn:aws:iam::123456789012:role/a b/ci',
  'arn:aws:iam::123456789012:role/сi',
  `arn:aws:iam::123456789012:role/${'x'.repeat(65)}`,
  `arn:aws:iam::123456789012:role/${'x'.repeat(600)}/ci`,
])('%j is nobody', (arn) => {
  expect(() => parseArn(arn)).toThrow(/neither a role nor a user/)
})
