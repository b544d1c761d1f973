import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createOwnTokenAuthenticator } from '../../../../relay/identity/own-tokens.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { issueAccessToken } from '../../../../relay/oauth/access-token.ts'
import { Keyring } from '../../../../relay/oauth/keyring.ts'
import { person } from '../../../support/policy.ts'

const publicUrl = 'https://relay.example.com'

/** What a token of the relay’s own says of someone with these groups, and how long it is. */
async function issued(part: Pick<Principal, 'groupsMissing'> & { groups?: readonly string[] }) {
  const folder = await mkdtemp(join(tmpdir(), 'keys-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const keyring = Keyring.open(folder)
  const authentication = { ...person().authentication, by: 'identity.saml' }
  const principal = { ...person(), ...part, authentication }
  const { accessToken } = issueAccessToken(principal, {
    keyring,
    issuer: publicUrl,
    clientId: 'jetway',
    lifetimeSeconds: 60,
    keyThumbprint: null,
  })
  const verified = await createOwnTokenAuthenticator({
    keyring,
    publicUrl,
    clockToleranceSeconds: 5,
    sources: [{ path: 'identity.saml', speaksFor: principal.issuer }],
  }).authenticate(accessToken)
  const { groups, groupsMissing } = verified.principal
  return { groups, groupsMissing, chars: accessToken.length }
}

test.each(['absent', 'too-many', 'cut', undefined] as const)(
  'groups that are %s are so in a token of the relay’s own',
  async (groupsMissing) => {
    const { groups, groupsMissing: missing } = await issued(groupsMissing ? { groupsMissing } : {})
    expect([groups, missing]).toEqual([[], groupsMissing])
  },
)

test('groups that do not fit a token are too many, none of them is in it, and it is one that is taken', async () => {
  const groups = (count: number) =>
    Array.from({ length: count }, (_, i) => `group-${`${i}`.padStart(10, '0')}`)
  // The groups make it longer by 19 characters each, written to the base 64; the rest is the same for all.
  const { chars } = await issued({ groups: groups(100) })
  const most = 100 + Math.floor(((12_288 - chars) * 3) / 4 / 19)
  const [fits, tooMany] = [await issued({ groups: groups(most) }), await issued({ groups: groups(most + 1) })]
  expect(fits).toMatchObject({ groups: groups(most), groupsMissing: undefined })
  expect(fits.chars).toBeGreaterThan(12_288 - 60)
  expect(fits.chars).toBeLessThanOrEqual(12_288)
  expect(tooMany).toMatchObject({ groups: [], groupsMissing: 'too-many' })
})
