import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createOwnTokenAuthenticator } from '../../../../relay/identity/own-tokens.ts'
import { issueAccessToken } from '../../../../relay/oauth/access-token.ts'
import { Keyring } from '../../../../relay/oauth/keyring.ts'
import { person } from '../../../support/policy.ts'

test.each(['absent', 'too-many', 'cut', undefined] as const)(
  'groups that are %s are so in a token of the relay’s own',
  async (groupsMissing) => {
    const folder = await mkdtemp(join(tmpdir(), 'keys-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const keyring = Keyring.open(folder)
    const publicUrl = 'https://relay.example.com'
    const principal = {
      ...person(),
      ...(groupsMissing ? { groupsMissing } : {}),
      authentication: { ...person().authentication, by: 'identity.saml' },
    }
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
    expect(verified.principal.groupsMissing).toBe(groupsMissing)
    expect(verified.principal.groups).toEqual([])
  },
)
