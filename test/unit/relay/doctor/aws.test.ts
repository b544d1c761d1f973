import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../../../relay/config/load.ts'
import { examineIdentity } from '../../../../relay/doctor/identity.ts'
import { complaints, relayFolder } from '../../../support/doctor.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

let people: TokenProvider
let sts: ToldUpstream
const asked: string[] = []
beforeAll(async () => {
  ;[people, sts] = await Promise.all([startTokenProvider(), startToldUpstream()])
})
afterAll(async () => {
  sts?.close()
  await people?.close()
})

const role = { account: '123456789012', role: 'airflow-ci', groups: ['data-eng'] }
async function examinedWith(more: object = {}, stsUrl = sts.url) {
  asked.length = 0
  const folder = await relayFolder({
    oidc: { issuer: people.issuer, clientId: 'jetway', audience: 'urn:test:relay' },
    aws: { principals: [role], regions: ['eu-central-1', 'us-east-1'], callerIdentity: {}, ...more },
  })
  const found = await examineIdentity(loadConfig(join(folder, 'relay.yaml')), null, (host) => {
    asked.push(host)
    return stsUrl
  })
  return found.filter(({ about }) => about === 'identity.aws')
}

test('each region is asked, and that it refuses what nobody signed is an answer', async () => {
  sts.answer = (_request, response) => response.writeHead(403).end()
  const found = await examinedWith()
  expect(complaints(found)).toEqual([])
  expect(asked.sort()).toEqual(['sts.eu-central-1.amazonaws.com', 'sts.us-east-1.amazonaws.com'])
  expect(found.map(({ check }) => check).sort()).toEqual(['clock', 'clock', 'principals', 'sts', 'sts'])
})

test('one that is not reached, or has trouble, or tells another time, is told', async () => {
  expect(complaints(await examinedWith({}, 'http://127.0.0.1:1'))).toEqual(['fault sts', 'fault sts'])
  sts.answer = (_request, response) => response.writeHead(503).end()
  expect(complaints(await examinedWith())).toEqual(['fault sts', 'fault sts'])
  sts.answer = (_request, response) =>
    response
      .setHeader('date', new Date(Date.now() - 600_000).toUTCString())
      .writeHead(403)
      .end()
  expect(complaints(await examinedWith())).toEqual(['fault clock', 'fault clock'])
})

test('a role in groups of which the policy does not speak is told; without signed requests nobody is asked', async () => {
  const issuers = [{ account: role.account, issuer: 'http://127.0.0.1:2' }]
  const webIdentity = { audience: 'urn:test:relay', issuers }
  const other = { ...role, role: 'other', groups: ['nobody'] }
  const found = await examinedWith({ callerIdentity: undefined, webIdentity, principals: [role, other] })
  expect(complaints(found)).toEqual(['warning groups'])
  expect(asked).toEqual([])
})
