import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../../relay/config/load.ts'
import { trustChanges } from '../../../../relay/reload/trust-changes.ts'
import { relayFolder } from '../../../support/doctor.ts'

const oidc = { issuer: 'https://id.example.com', audience: 'relay', clientId: 'jetway' }
const loaded = async (part: object) =>
  loadConfig(join(await relayFolder({ oidc: { ...oidc, ...part } }), 'relay.yaml'))

test.each([
  [{ subjectClaim: 'oid' }, 'identity.oidc.subjectClaim decides who people are: sub becomes oid'],
  [
    { provider: 'keycloak', issuer: 'https://id.example.com/realms/x' },
    'identity.oidc.provider decides who people are: null becomes keycloak',
  ],
  [{ tokenTypes: ['at+jwt', 'JWT'] }, 'identity.oidc.tokenTypes takes JWT as well'],
])('%o has to be meant', async (part, sentence) => {
  expect(trustChanges(await loaded({}), await loaded(part))).toContain(sentence)
})

test('what clients ask for does not', async () => {
  const part = { scopes: ['openid'], resourceParameter: 'audience', redirectPorts: [9000] }
  expect(trustChanges(await loaded({}), await loaded(part))).toEqual([])
})
