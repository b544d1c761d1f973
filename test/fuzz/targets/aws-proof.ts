import assert from 'node:assert/strict'
import { callerIdentityBody, signedHeadersOf } from '#shared/aws/caller-identity.ts'
import { canonicalArn, parseArn } from '../../../relay/identity/aws/arn.ts'
import { partsOf } from '../../../relay/identity/aws/caller-identity.ts'
import { ascii, type Target } from '../target.ts'

const relay = 'https://relay.example'
const form =
  'access_key_id=ASIAEXAMPLEEXAMPLE12&region=eu-central-1&date=20260101T000000Z&security_token=dG9rZW4%3D' +
  `&challenge=${'A'.repeat(43)}&signature=${'0a'.repeat(32)}`
/** Fits in a header and can be nothing else there. */
const plain = /^[!-~ ]+$/

/**
 * What someone sends to show an AWS identity, and the ARN that AWS answers with: what is taken is, header for header, one
 * value that no reader could take for more, and no ARN is two identities.
 */
export const awsProof: Target = {
  name: 'aws-proof',
  seeds: [
    form,
    form.replace(/&security_token=[^&]*/, ''),
    'arn:aws:sts::123456789012:assumed-role/airflow-ci/nightly',
    'arn:aws:iam::123456789012:role/path/airflow-ci',
    'arn:aws-cn:iam::123456789012:user/nightly',
  ].map(ascii),
  words: [
    '&',
    '=',
    '%0d%0a',
    '%00',
    '\r\n',
    '/',
    ':',
    '@',
    '.',
    ',',
    ';',
    'host',
    'region=',
    'signature=',
    'security_token=',
    'assumed-role/',
    'role/',
    'arn:aws:',
    'SignedHeaders=',
    'é',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => input[at] === 0x26 || input[at] === 0x2f),
  run(input) {
    const text = Buffer.from(input).toString('utf8')
    const proof = orNull(() => partsOf(new Map(new URLSearchParams(text)), relay))
    if (proof) {
      const headers = signedHeadersOf(proof.parts)
      for (const value of Object.values(headers)) assert.match(value, plain)
      assert.deepEqual(Object.keys(headers), Object.keys(headers).sort())
      assert.equal(new URL(`https://${headers.host}/`).host, headers.host)
      assert.match(headers.host as string, /^sts\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/)
      assert.match(proof.accessKeyId + proof.signature, /^[A-Za-z0-9]+$/)
      assert.ok(!callerIdentityBody.includes(proof.signature))
    }
    const identity = orNull(() => parseArn(text))
    if (identity) {
      const canonical = canonicalArn(identity)
      assert.deepEqual(parseArn(canonical), { ...identity, sessionName: null })
      assert.ok(text.includes(`/${identity.name}`) && text.includes(`::${identity.account}:`))
    }
  },
}

function orNull<T>(run: () => T): T | null {
  try {
    return run()
  } catch (error) {
    if ((error as Error).constructor !== Error) throw error
    return null
  }
}
