import { afterAll, beforeAll, expect, test } from 'vitest'
import { account, answer, json, session, stsAnswers } from '../../../../support/attacks/sts-answers.ts'
import { challengeOf, formOf, redeem, region } from '../../../../support/aws.ts'
import { type OwnRelay, startOwnRelay } from '../../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../../support/told-upstream.ts'

/** Through a whole relay. What is signed wrongly, test/integration/aws.test.ts has with moto. */
const keys = { accessKeyId: 'ASIAEXAMPLEEXAMPLE12', secretAccessKey: 'secret', sessionToken: 'dG9rZW4=' }
let provider: TokenProvider
let sts: ToldUpstream
let relay: OwnRelay
beforeAll(async () => {
  ;[provider, sts] = await Promise.all([startTokenProvider(), startToldUpstream()])
  relay = await startOwnRelay(
    provider.issuer,
    {
      identity: {
        aws: {
          principals: [{ account, role: 'airflow-ci', groups: ['data-eng'] }],
          regions: [region],
          callerIdentity: {},
        },
      },
      services: { airflow: { type: 'airflow', url: sts.url, identity: { keyFile: 'relay.pem' } } },
      policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] },
    },
    undefined,
    () => sts.url,
  )
})
afterAll(async () => {
  await relay?.close()
  sts?.close()
  await provider?.close()
})

const proof = async () => formOf({ keys, relay: relay.url, challenge: await challengeOf(relay.url) })
const lastRecord = async () => {
  await relay.auditLog.flush()
  return (await relay.records()).at(-1)
}

test('the role that is let in gets a token', async () => {
  sts.answer = json(answer(session('airflow-ci')))
  expect(await redeem(relay.url, await proof())).toMatchObject({ status: 200 })
  expect(await lastRecord()).toMatchObject({ decision: { effect: 'allow' } })
})

test.each(stsAnswers)('whom STS answers with %s for gets none, and no word why', async (_what, told) => {
  sts.answer = told(sts.url)
  expect(await redeem(relay.url, await proof())).toEqual({
    status: 400,
    body: { error: 'invalid_grant', error_description: 'The relay did not accept this AWS identity.' },
  })
  expect(await lastRecord()).toMatchObject({
    kind: 'session',
    verb: 'token.issue',
    principal: null,
    status: 400,
    decision: { effect: 'deny', code: 'UNAUTHENTICATED' },
  })
})
